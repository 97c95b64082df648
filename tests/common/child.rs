//! The command in a process of its own, from which Linux withholds something: system calls, descriptors, memory, threads.
//!
//! The refusals are real: a seccomp filter, as a container would have it, and limits. Judges nothing.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// How long a child may take before it is taken to hang.
const PATIENCE: Duration = Duration::from_secs(30);

/// `cachestat(2)`, which the crate `libc` does not name on every CPU.
pub const CACHESTAT: libc::c_long = 451;

/// A kind of limit, as libc has it.
type Resource = libc::__rlimit_resource_t;

/// A command to be run under refusals.
#[derive(Clone)]
pub struct Child {
    words: Vec<PathBuf>,
    filters: Vec<[libc::sock_filter; 4]>,
    limits: Vec<(Resource, u64)>,
    user: Option<u32>,
}

impl Child {
    /// `checksig verify` of a tree, by the path of the command.
    pub fn verify(command: &str, tree: &Path) -> Child {
        Child::verb(command, "verify", tree)
    }

    /// The same with another verb.
    pub fn verb(command: &str, verb: &str, tree: &Path) -> Child {
        let words = vec![command.into(), verb.into(), tree.into()];
        Child { words, filters: Vec::new(), limits: Vec::new(), user: None }
    }

    pub fn with(mut self, words: &[&str]) -> Child {
        self.words.extend(words.iter().map(PathBuf::from));
        self
    }

    /// Words before the command: another program that runs it.
    pub fn under(mut self, words: &[&str]) -> Child {
        self.words.splice(0..0, words.iter().map(PathBuf::from));
        self
    }

    /// With some system calls refused.
    pub fn without(mut self, calls: &[libc::c_long], errno: i32) -> Child {
        self.filters.extend(calls.iter().map(|&call| refuse(call, errno)));
        self
    }

    pub fn limited(mut self, resource: Resource, most: u64) -> Child {
        self.limits.push((resource, most));
        self
    }

    /// As this user, who has no capabilities.
    pub fn by_user(mut self, user: u32) -> Child {
        self.user = Some(user);
        self
    }

    /// Runs it to its end; panics where it hangs.
    pub fn run(&self) -> Output {
        let mut child = self.command().spawn().expect("the command starts");
        let (out, err) = (child.stdout.take().expect("a pipe"), child.stderr.take().expect("a pipe"));
        let read = |mut from: Box<dyn std::io::Read + Send>| {
            std::thread::spawn(move || {
                let mut bytes = Vec::new();
                from.read_to_end(&mut bytes).map(|_| bytes)
            })
        };
        let (out, err) = (read(Box::new(out)), read(Box::new(err)));
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().expect("a child") {
                break status;
            }
            if begun.elapsed() > PATIENCE {
                let _ = child.kill();
                panic!("{:?} hangs", self.words);
            }
            std::thread::sleep(Duration::from_millis(1));
        };
        let text =
            |from: std::thread::JoinHandle<std::io::Result<Vec<u8>>>| from.join().expect("a reader").expect("a pipe");
        Output { status, stdout: text(out), stderr: text(err) }
    }

    #[allow(unsafe_code, reason = "filters and limits are set between fork and exec")]
    fn command(&self) -> Command {
        let mut command = Command::new(&self.words[0]);
        command.args(&self.words[1..]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if let Some(user) = self.user {
            command.uid(user).gid(user);
        }
        let (filters, limits) = (self.filters.clone(), self.limits.clone());
        let install = move || {
            let mut result = 0;
            for &(resource, most) in &limits {
                let limit = libc::rlimit { rlim_cur: most, rlim_max: most };
                // SAFETY: the limit lives through the call.
                result |= unsafe { libc::setrlimit(resource, &raw const limit) };
            }
            result |= install_filters(&filters);
            if result == 0 { Ok(()) } else { Err(std::io::Error::last_os_error()) }
        };
        // SAFETY: the closure makes system calls and allocates nothing.
        unsafe { command.pre_exec(install) };
        command
    }
}

/// Refuses some system calls to this thread and to all that it starts from now on, for good.
pub fn refuse_in_this_thread(calls: &[libc::c_long], errno: i32) -> std::io::Result<()> {
    let filters: Vec<_> = calls.iter().map(|&call| refuse(call, errno)).collect();
    if install_filters(&filters) == 0 { Ok(()) } else { Err(std::io::Error::last_os_error()) }
}

/// Makes system calls and allocates nothing; 0 where all went well.
#[allow(unsafe_code, reason = "filters are system calls")]
fn install_filters(filters: &[[libc::sock_filter; 4]]) -> i32 {
    let mut result = 0;
    if !filters.is_empty() {
        // SAFETY: the call takes plain numbers.
        result |= unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
    }
    for filter in filters {
        let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_ptr().cast_mut() };
        // SAFETY: the program and its filter live through the call.
        result |= unsafe { libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program) };
    }
    result
}

/// A filter program: this call gives this errno, every other one goes through.
fn refuse(call: libc::c_long, errno: i32) -> [libc::sock_filter; 4] {
    let instruction = |code: u32, jt, jf, k| libc::sock_filter { code: code as u16, jt, jf, k };
    [
        // The number of the call is the first word of the data that a filter sees.
        instruction(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, 0),
        instruction(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, 0, 1, call as u32),
        instruction(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ERRNO | errno as u32),
        instruction(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ALLOW),
    ]
}
