//! How a person and a Telegram chat find each other: a link that opens the bot with a token, also as a QR code to be scanned
//! from a screen. Whose token it is, how long it holds and that it is used once is the engine's business.

use std::io::Cursor;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use image::{ImageFormat, Luma};
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use sha2::{Digest, Sha256};

/// Pixels a side, at least: enough for a phone across a desk.
const SIDE: u32 = 320;

/// The QR code cannot be drawn: a link too long for one.
#[derive(Debug, thiserror::Error)]
pub enum QrError {
    /// Too much for a QR code.
    #[error("the link is too long for a QR code")]
    TooLong(#[source] qrcode::types::QrError),
    /// The image cannot be written.
    #[error("the QR code cannot be written as PNG")]
    Png(#[source] image::ImageError),
}

/// A token beyond guessing: 43 of the characters that Telegram takes behind `?start=`.
pub fn new_token() -> String {
    let bits: [u8; 32] = rand::random();
    URL_SAFE_NO_PAD.encode(bits)
}

/// What is kept of a token: who reads the store cannot register with it.
pub fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// The link of a token. `base` is `https://t.me` where nobody set another.
pub fn link(base: &str, bot_username: &str, token: &str) -> String {
    format!("{}/{}?start={token}", base.trim_end_matches('/'), bot_username.trim_start_matches('@'))
}

/// A link as a QR code, as a picture of its own.
pub fn qr_png(link: &str) -> Result<Vec<u8>, QrError> {
    let drawn = code(link)?.render::<Luma<u8>>().min_dimensions(SIDE, SIDE).build();
    let mut png = Cursor::new(Vec::new());
    drawn.write_to(&mut png, ImageFormat::Png).map_err(QrError::Png)?;
    Ok(png.into_inner())
}

/// The same, to stand as an image's address on a page.
pub fn qr_png_data_uri(link: &str) -> Result<String, QrError> {
    Ok(format!("data:image/png;base64,{}", STANDARD.encode(qr_png(link)?)))
}

/// A link as a QR code, to be drawn at any size.
pub fn qr_svg(link: &str) -> Result<String, QrError> {
    Ok(code(link)?.render::<svg::Color<'_>>().min_dimensions(SIDE, SIDE).build())
}

fn code(link: &str) -> Result<QrCode, QrError> {
    QrCode::with_error_correction_level(link, EcLevel::M).map_err(QrError::TooLong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_fits_behind_start_and_is_never_the_same() {
        let token = new_token();
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        assert!(token.len() == 43 && token.chars().all(plain), "{token}");
        assert_ne!(token, new_token());
        assert_eq!(token_hash("a"), token_hash("a"));
        assert_ne!(token_hash("a"), token_hash("b"));
        assert_eq!(link("https://t.me/", "@baton_bot", "x"), "https://t.me/baton_bot?start=x");
    }

    #[test]
    fn the_pictures_show_the_link_with_room_around_it() {
        let link = link("https://t.me", "baton_bot", &"x".repeat(43));
        let uri = qr_png_data_uri(&link).expect("drawn");
        let png = STANDARD.decode(uri.strip_prefix("data:image/png;base64,").expect("a data URI")).expect("base64");
        let drawn = image::load_from_memory(&png).expect("a PNG").to_luma8();
        let modules = QrCode::with_error_correction_level(&link, EcLevel::M).expect("a code");
        let (width, quiet) = (modules.width() as u32, 4);
        let pixels = drawn.width() / (width + 2 * quiet);
        assert!(drawn.width() >= SIDE && drawn.width() == drawn.height() && drawn.width().is_multiple_of(pixels));
        let seen = (0..width * width).map(|at| {
            let place = |module: u32| (module + quiet) * pixels + pixels / 2;
            drawn.get_pixel(place(at % width), place(at / width)).0[0] == 0
        });
        let meant = modules.to_colors().into_iter().map(|color| color == qrcode::Color::Dark);
        assert!(seen.eq(meant));
        let svg = qr_svg(&link).expect("drawn");
        assert!(svg.contains("<svg") && svg.contains("</svg>"), "{svg}");
        assert!(qr_svg(&"x".repeat(4000)).is_err());
    }
}
