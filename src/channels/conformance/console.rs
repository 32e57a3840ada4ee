//! The console under the suite: a terminal made of paper.

use std::io::Write;
use std::sync::Arc;

use parking_lot::Mutex;

use super::*;
use crate::channels::console::Console;
use crate::wording::Wording;

#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

struct Terminal {
    paper: Paper,
    console: Console,
}

impl Bench for Terminal {
    fn channel(&self) -> &dyn Channel {
        &self.console
    }
    fn address(&self) -> Address {
        Address::Console
    }
    fn secret(&self) -> Option<&'static str> {
        None
    }
    fn class_of(&self, _: Trouble) -> Option<&'static str> {
        None
    }
    fn meets(&mut self, _: Trouble) {}
    fn seen(&self) -> Vec<String> {
        let text = String::from_utf8(self.paper.0.lock().clone()).expect("text");
        text.split("--- ").skip(1).map(str::to_owned).collect()
    }
}

#[tokio::test]
async fn the_console_conforms() {
    conforms(|| {
        Box::pin(async {
            let wording = Arc::new(Wording::builtin(samples::links()).expect("ours are valid"));
            let paper = Paper::default();
            let console = Console::to(wording, Box::new(paper.clone()));
            Box::new(Terminal { paper, console }) as Box<dyn Bench>
        })
    })
    .await;
}
