//! A terminal with the command on it: what it writes, what stands on the screen, and keys and sizes for it.
//!
//! Tests nothing itself. The screen is that of the crate `vt100`; no program of the system is needed.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::num::NonZeroU16;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pty::{OpenptFlags, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use super::support::wait;

/// How long something may take to appear.
const PATIENCE: Duration = Duration::from_secs(30);

const ROWS: NonZeroU16 = NonZeroU16::new(24).unwrap();

/// A terminal of its own, whose session the command leads: Ctrl-C reaches it.
pub(super) struct Terminal {
    master: File,
    child: Child,
    screen: vt100::Parser,
    /// Everything that was written, as it came.
    written: Vec<u8>,
    ended: bool,
}

impl Terminal {
    /// Starts a command on a terminal of so many columns, 24 rows.
    pub(super) fn start(command: &mut Command, columns: u16) -> Terminal {
        let (master, slave) = open(columns);
        let handle = || Stdio::from(slave.try_clone().expect("a descriptor"));
        command.stdin(handle()).stdout(handle()).stderr(handle());
        Terminal::run(command, master, columns)
    }

    /// The same with standard output elsewhere.
    pub(super) fn start_beside(command: &mut Command, out: Stdio, columns: u16) -> Terminal {
        let (master, slave) = open(columns);
        let handle = || Stdio::from(slave.try_clone().expect("a descriptor"));
        command.stdin(handle()).stdout(out).stderr(handle());
        Terminal::run(command, master, columns)
    }

    fn run(command: &mut Command, master: OwnedFd, columns: u16) -> Terminal {
        command.env("TERM", "xterm").env_remove("NO_COLOR");
        lead_a_session(command);
        let child = command.spawn().expect("the command starts");
        // The command of the standard library keeps the terminal open as long as it lives.
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let screen = vt100::Parser::new(ROWS, cells(columns), 1000);
        Terminal { master: master.into(), child, screen, written: Vec::new(), ended: false }
    }

    /// Waits until the screen shows something.
    pub(super) fn until(&mut self, shows: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !shows(&self.contents()) {
            assert!(Instant::now() < deadline && !self.ended, "{}", self.contents());
            self.take(Duration::from_millis(50));
        }
    }

    /// Takes what comes in a while.
    pub(super) fn rest(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end {
            self.take(Duration::from_millis(20));
            if self.ended {
                std::thread::sleep(end.saturating_duration_since(Instant::now()));
            }
        }
    }

    /// Whether the command is gone.
    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }

    /// What stands on the screen.
    pub(super) fn contents(&self) -> String {
        self.screen.screen().contents()
    }

    /// The last line on the screen that has anything.
    pub(super) fn last_line(&self) -> String {
        self.contents().lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default().to_owned()
    }

    /// Everything that was written so far.
    pub(super) fn written(&self) -> &[u8] {
        &self.written
    }

    /// Presses keys.
    pub(super) fn press(&mut self, keys: &[u8]) {
        self.master.write_all(keys).expect("a terminal takes keys");
    }

    /// Makes the terminal wider or narrower.
    pub(super) fn resize(&mut self, columns: u16) {
        tcsetwinsize(&self.master, size(columns)).expect("a size");
        self.screen.screen_mut().set_size(ROWS, cells(columns));
    }

    /// The process id of the command.
    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the end; the exit status.
    pub(super) fn end(&mut self) -> Option<i32> {
        let deadline = Instant::now() + PATIENCE;
        while !self.ended {
            assert!(Instant::now() < deadline, "{}", self.contents());
            self.take(Duration::from_millis(50));
        }
        wait(&mut self.child).code()
    }

    /// Takes what comes within a time.
    fn take(&mut self, time: Duration) {
        let mut ready = [PollFd::new(&self.master, PollFlags::IN)];
        let time = Timespec { tv_sec: 0, tv_nsec: time.subsec_nanos().into() };
        if !poll(&mut ready, Some(&time)).is_ok_and(|count| count > 0) {
            return;
        }
        let mut bytes = [0; 4096];
        match self.master.read(&mut bytes) {
            Ok(0) => self.ended = true,
            Ok(count) => {
                self.screen.process(&bytes[..count]);
                self.written.extend_from_slice(&bytes[..count]);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            // EIO: nobody has the terminal open any more.
            Err(_) => self.ended = true,
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A terminal that nobody reads, which holds some thousand bytes, and what to write to it by.
pub(super) fn unread() -> (OwnedFd, OwnedFd) {
    open(80)
}

fn cells(columns: u16) -> NonZeroU16 {
    NonZeroU16::new(columns).expect("columns")
}

fn size(columns: u16) -> Winsize {
    Winsize { ws_row: ROWS.get(), ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }
}

/// Both ends of a new terminal.
fn open(columns: u16) -> (OwnedFd, OwnedFd) {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let master = openpt(flags).expect("a terminal");
    unlockpt(&master).expect("a terminal");
    tcsetwinsize(&master, size(columns)).expect("a size");
    let slave = ioctl_tiocgptpeer(&master, flags).expect("its other end");
    (master, slave)
}

/// Lets the command have the terminal, as a shell in a window does, and heed every signal.
#[allow(unsafe_code, reason = "a session is made between fork and exec")]
fn lead_a_session(command: &mut Command) {
    let lead = || {
        for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGUSR1] {
            // SAFETY: the default needs no handler.
            unsafe { libc::signal(signal, libc::SIG_DFL) };
        }
        rustix::process::setsid()?;
        rustix::process::ioctl_tiocsctty(std::io::stderr())?;
        Ok(())
    };
    // SAFETY: the closure makes system calls that may stand between fork and exec, and allocates nothing.
    unsafe { command.pre_exec(lead) };
}
