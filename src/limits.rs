//! Every bound of the engine, with the reason for its size, and const asserts that tie those that depend on each other.
//!
//! Numbers only.

/// Bytes of the longest line of a manifest that is an entry. Linux ends a path at 4 096 bytes; the escapes of the
/// formats at most triple it, and the digest and the tag add fewer than 64.
pub const LINE_BYTES_MAX: usize = 16 * 1024;

/// Bytes of a name from which on Linux opens nothing (PATH_MAX), and a walk component by component neither.
pub const PATH_BYTES_MAX: usize = 4_096;

/// Symbolic links that Linux follows in one name (MAXSYMLINKS), and a walk component by component does.
pub const LINKS_MAX: usize = 40;

/// Bytes of a malformed line that are kept to show it.
pub const LINE_SHOWN_BYTES_MAX: usize = 200;

/// Failures, and malformed lines, that a report keeps to show; the others are counted. Whoever wants them all takes
/// the records of the run as they come.
pub const REPORT_FAILURES_MAX: usize = 1_000;

const _: () = assert!(LINE_BYTES_MAX > 3 * 4096 + 64, "a path of the greatest length must fit a line in every format");
const _: () = assert!(LINE_SHOWN_BYTES_MAX < LINE_BYTES_MAX);

/// Tries of one open that a signal or a rename interrupts, after which the errno stands as the outcome.
pub const OPEN_TRIES_MAX: usize = 64;

/// Files left behind that are told by name; of more, a hostile tree may hold any number.
pub const LEFTOVERS_TOLD: u64 = 3;

/// Bytes of the names of missing entries that an audit keeps, beside their digests, to tell where they were moved to.
pub const MOVES_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Files opened one after another in one directory, after which the next are opened from its descriptor: opening and closing that
/// costs about what five files gain by it.
pub const SIBLINGS_MIN: usize = 4;

/// Files that are opened from one descriptor of their directory before the root is asked for it anew.
pub const SIBLINGS_MAX: usize = 1_024;

/// How long they are: what a directory that is moved out of the root can be read for. A thousand cached files of 4 KiB
/// take a worker 5 ms.
pub const SIBLINGS_MS_MAX: u64 = 10;

/// Bytes of the buffer that a directory is read through: some 800 names a call.
pub const DIRECTORY_BUFFER_BYTES: usize = 32 * 1024;

/// Bytes of a page, at least: what readers align to.
pub const PAGE_BYTES: usize = 4096;

/// What direct reads may have to be aligned to, in bytes, at most; a device that wants more is read through the page cache.
pub const DIRECT_ALIGN_MAX: usize = 4096;

/// Bytes behind the capacity of a buffer: for the byte that shows that a file grew, or the sector that a direct read finds
/// it in, and for the padding of a message.
pub const BUFFER_ROOM_BYTES: usize = DIRECT_ALIGN_MAX;

/// Devices that a run remembers; a file on a further one is asked about anew.
pub const DEVICES_MAX: usize = 64;

/// Parts of a file that were not cached before, which are remembered until they are removed from the page cache.
pub const FOOTPRINT_RANGES_MAX: usize = 64;

/// Bytes ahead of a read through the page cache that have been asked about before it, at least: more than Linux reads ahead
/// at a page that says so, 512 KiB to 2 MiB on the disks that were looked at.
pub const FOOTPRINT_AHEAD_BYTES: u64 = 8 * 1024 * 1024;

/// How much further from a page each buffer begins than the one before it; 512 keeps the alignment of direct reads on
/// most devices.
pub const BUFFER_STAGGER_BYTES: usize = 512;

/// Bytes of a buffer of a worker: what is hashed out of the L2 cache that it was read into, and all of a small file.
pub const WORKER_BUFFER_BYTES: usize = 128 * 1024;

/// Files that one worker reads in turn: one for every lane of the widest kernel, and some more that are long, take turns
/// with the others and must not keep them from coming.
pub const WORKER_FILES_OPEN: usize = 20;

/// Files in a row that could not be opened from memory, after which a worker leaves the next ones to the readers at once: as
/// many as the row is long, and at most `TRIES_LEFT_OUT_MAX`. A try in vain costs 1.8 µs of some 18 for a cold file.
pub const MISSES_IN_A_ROW: u32 = 8;

/// Tries that are left out at a time: what a worker leaves to the readers of files that are cached after all.
pub const TRIES_LEFT_OUT_MAX: u32 = 64;

/// Files in a row that came from the page cache, after which a worker reads the next short one without asking cachestat
/// first. A read that must not wait makes Linux read ahead where it misses, so that before that it asks.
pub const HITS_IN_A_ROW: u32 = 32;

/// The same where a worker has been wrong about it several times. To ask costs 0.3 µs of some 4 for a cached file of 4 KiB.
pub const HITS_IN_A_ROW_MAX: u32 = 4_096;

/// Buffers of a worker, enough for every lane of the widest kernel and its successor.
pub const WORKER_BUFFERS: usize = 48;

/// Bytes of a small buffer of a reader thread: a file that fits is read by one read, in a window with others.
pub const SMALL_BUFFER_BYTES: usize = 16 * 1024;

/// Bytes of a large buffer of a reader thread: a direct read of so much is as fast as a longer one.
pub const LARGE_BUFFER_BYTES: usize = 256 * 1024;

/// Bytes of all the buffers of all reader threads: eight rings with 64 small and 16 large ones each.
pub const READER_MEMORY_BYTES: usize = 43 * 1024 * 1024;

/// Bytes of the buffers of the readers of files that another machine or a program serves below a root on a disk, beside
/// those; where memory is limited, one part in so many of what readers may have.
pub const REMOTE_MEMORY_BYTES: usize = 8 * 1024 * 1024;

/// See [`REMOTE_MEMORY_BYTES`].
pub const REMOTE_MEMORY_SHARE: usize = 8;

/// Bytes that all buffers of a run may be limited to, at least: below that, files would wait for buffers and not
/// for the device.
pub const MEMORY_BYTES_MIN: u64 = 4 * 1024 * 1024;

/// Bytes of the address space, where that is limited (`ulimit -v`), for each byte of all buffers.
pub const ADDRESSES_PER_BUFFER_BYTE: u64 = 4;

/// Reads that a run can be asked to have in flight on the device. A SATA disk takes 32 commands at a time, and Linux
/// gives each queue of an NVMe device 1 024; four of those are more than one process fills, and each read beyond what the
/// device takes waits in Linux and holds a buffer.
pub const QUEUE_DEPTH_MAX: usize = 4_096;

/// Bytes of the longest message that takes its turn in a wide group of lanes like any other. One lane of sixteen runs at
/// 0.4 GB/s, so that this is half a second, where the whole group does 6 to 7 GB/s and one message alone 1.9. What is
/// longer has turns of its own, and when only such are left they run as fast as they can.
pub const SHORT_JOB_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Long messages that a worker has beside as many short ones as fill its lanes, so that the two take turns: as many as
/// run together by the kernels for few.
pub const LONG_JOBS_BESIDE: usize = 4;

/// Addresses that a window of a mapped file lies in, in bytes: a huge page of x86, which Linux maps in one piece where its
/// cache has one.
pub const MAP_PLACE_BYTES: usize = 2 * 1024 * 1024;

/// Places for windows of one worker, those included that have been used and are still mapped.
pub const MAP_PLACES: usize = 20;

/// Whole places that `auto` has mapped at a time in one worker, one for every lane of the widest kernel: 32 MiB. What is mapped
/// counts as memory of this process, though it is the page cache's and takes nothing. With 6, and further files copied, 32
/// cached files of 64 MiB took a seventh longer.
pub const MAP_WINDOWS_WHOLE: usize = 16;

/// Bytes of a window where every file is mapped, and more files than one have theirs: 10 MiB in all places.
pub const MAP_WINDOW_BYTES: usize = 512 * 1024;

/// Ranges of windows of all runs of this process, one for each worker that maps.
pub const GUARDED_RANGES_MAX: usize = WORKERS_MAX;

/// Files that one reader opens before it asks for their bytes, in one call and in their order on the disk.
pub const WINDOW_FILES: usize = 32;

/// Files that one ring reader has in progress: a window that is being read, one that is being opened, and what waits for
/// large buffers.
pub const RING_FILES_MAX: usize = 3 * WINDOW_FILES;

/// Files of more than one large buffer that one ring reader reads at a time: few, so that each is read in long runs.
pub const RING_LONG_FILES_MAX: usize = 2;

/// Pieces of one file that a ring reads ahead of the hashing, and how many of them are asked for together: Linux makes one
/// long read of neighbours that come to it in one call.
pub const RING_PIECES_PER_FILE_MAX: usize = 8;

/// See [`RING_PIECES_PER_FILE_MAX`].
pub const RING_PIECES_TOGETHER: usize = RING_PIECES_PER_FILE_MAX / 2;

/// Bytes of a huge page. Direct reads into memory of huge pages have few pieces, where pages of 4 KiB make one each: 32 cold
/// files of 64 MiB took 1.40 s in place of 1.98, 12 000 of log-normal sizes 1.89 in place of 2.72 (medians of three). By
/// blocking readers 1.33 in place of 2.07, and 2.17 in place of 3.06.
pub const HUGE_PAGE_BYTES: usize = 2 * 1024 * 1024;

/// Small buffers of one ring reader: for two windows.
pub const RING_SMALL_BUFFERS: usize = 2 * WINDOW_FILES;

/// Entries of a ring: every file's first read, and the further reads of the long ones.
pub const RING_ENTRIES: u32 = 128;

/// Reads of one ring at least, where that many are allowed at all: one that hangs is not to hold up the others.
pub const RING_READS_MIN: usize = 2;

/// Ring readers of a run. What they wait for is mostly the inodes and directories that an open needs.
pub const RING_READERS: usize = 8;

/// Blocking reader threads of a run, where there is no ring.
pub const BLOCKING_READERS: usize = 32;

/// Blocking reader threads where each waits for another machine or a program: network file systems and FUSE.
pub const REMOTE_READERS: usize = 64;

/// Bytes of buffers that a ring reader is worth having for; where there is less there are fewer.
pub const RING_MEMORY_BYTES_MIN: usize = 4 * LARGE_BUFFER_BYTES;

/// Files that go to a blocking reader together: few, as it opens one after the other and each may hang.
pub const BLOCKING_FILES_AT_A_TIME: usize = 4;

/// Files that blocking readers have opened, each reader so many, before any of them reads them: Linux brings them in
/// meanwhile.
pub const OPENED_AHEAD_PER_READER: usize = 4;

/// How long a ring is given to finish the reads in flight when it is no longer wanted; after that their buffers are
/// left to Linux for ever, because it may still write to them.
pub const RING_DRAIN_MS_MAX: u64 = 1_000;

const _: () = assert!(WORKER_BUFFERS >= 2 * WORKER_FILES_OPEN, "a file's last bytes are hashed while others are read");
const _: () = assert!(BUFFER_ROOM_BYTES >= DIRECT_ALIGN_MAX && BUFFER_STAGGER_BYTES < PAGE_BYTES);
const _: () = assert!(WORKER_BUFFER_BYTES * WORKER_BUFFERS <= 8 * 1024 * 1024, "8 MiB a worker");
const _: () = assert!(RING_ENTRIES as usize >= RING_FILES_MAX);
const _: () = assert!(SMALL_BUFFER_BYTES.is_multiple_of(DIRECT_ALIGN_MAX) && LARGE_BUFFER_BYTES > SMALL_BUFFER_BYTES);
const _: () = assert!(WORKER_BUFFER_BYTES.is_multiple_of(DIRECT_ALIGN_MAX), "a reader goes on where a worker left off");
const _: () = assert!(MEMORY_BYTES_MIN >= 4 * (WORKER_BUFFER_BYTES + LARGE_BUFFER_BYTES) as u64);
const _: () = assert!(MAP_PLACE_BYTES.is_multiple_of(MAP_WINDOW_BYTES), "a window ends where a place ends");
const _: () = assert!(MAP_WINDOW_BYTES.is_multiple_of(WORKER_BUFFER_BYTES), "windows begin where buffers end");
const _: () = assert!(
    MAP_PLACES >= MAP_WINDOWS_WHOLE && MAP_PLACES >= WORKER_FILES_OPEN,
    "one for each file that a worker reads in turn"
);
const _: () = assert!(MAP_WINDOWS_WHOLE * MAP_PLACE_BYTES <= 32 * 1024 * 1024, "32 MiB a worker");
const _: () = assert!(MAP_PLACES * MAP_WINDOW_BYTES + MAP_PLACE_BYTES <= 12 * 1024 * 1024, "12 MiB a worker");

/// How long a file that Linux was told will be wanted, and that nobody reads after all, is waited for, so that it can be
/// removed from the page cache: a cancelled run leaves up to four such files in each reader.
pub const ANNOUNCED_WAIT_MS_MAX: u64 = 20;

/// How long a reader waits for half of its window before it looks around: what a slow file can cost the others.
pub const RING_WAIT_MS_MAX: u64 = 5;

/// Bytes of the buffer of a plain second reading.
pub const PLAIN_BUFFER_BYTES: usize = 256 * 1024;

/// Files that travel from the planner to a worker together: few enough to share the end of a run, many enough that the
/// queue costs nothing beside the files. Of 128 cached files of 4 KiB the handing over was 4 % of the time.
pub const BATCH_FILES: usize = 512;

/// Batches that wait for a worker, for each worker.
pub const BATCHES_PER_WORKER: usize = 2;

/// Files that the planner looks at ahead of the batches, to find the huge ones.
pub const LOOK_AHEAD_FILES: usize = 8 * 1024;

/// Looking ahead has one part in so many of the run's time. A look costs 2 µs: at a twentieth it was 2 % of all CPU time on
/// 100 000 cached files of 4 KiB, of which it came to see one in thirteen.
pub const LOOKING_SHARE: u32 = 50;

/// Files that are looked at between two looks at the clock.
pub const LOOKS_AT_A_TIME: usize = 16;

/// From this size on a file is begun before others: alone on a core it takes 10 ms or more, long enough to be what the
/// end of a run waits for.
pub const HUGE_FILE_BYTES: u64 = 16 * 1024 * 1024;

/// Huge files that are kept for the workers; further ones are read in their turn.
pub const HUGE_FILES_MAX: usize = 256;

/// Bytes of memory that a planned file, and then its record, takes beside its name, about.
pub const ENTRY_BYTES: usize = 160;

/// Bytes of the files planned and the records not yet taken, together.
pub const OUTBOX_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Bytes of room that the conductor takes at a time.
pub const OUTBOX_PIECE_BYTES: usize = 64 * 1024;

/// Records that are handed to the caller at a time.
pub const RECORDS_PER_BATCH: usize = 4_096;

/// How long the first of them wait for others to go with them, where the caller waits at all.
pub const GATHER_MS_MAX: u64 = 5;

/// Records that a worker gathers before it hands them on.
pub const RECORDS_PER_DELIVERY: usize = 64;

/// Rounds of a worker after which files go to the readers although they are fewer than go together.
pub const ROUNDS_HELD_MAX: u32 = 8;

/// Jobs with bytes that a worker does not wait for more beside.
pub const GATHERED_JOBS: usize = 6;

/// How long it waits for more. Of 32 cold files of 64 MiB hashing took 0.55 to 0.63 s of CPU time with it, 0.71 to 0.77 with
/// 300 µs, and 1.14 to 1.28 without, in the same time from start to end.
pub const GATHER_US_MAX: u64 = 1_000;

/// Steps that a worker makes without waiting for more, after it has waited in vain: some 16 MiB of one file.
pub const STEPS_UNGATHERED: u32 = 64;

/// Bytes that a worker reads before it hands on what records it has: a long file does not hold them back.
pub const BYTES_PER_DELIVERY: u64 = 1024 * 1024;

/// Files that one worker has in progress: what keeps the windows of its share of ring readers full.
pub const FILES_PER_WORKER_MAX: usize = 512;

/// Descriptors left to the rest of the process, and to directories, manifests and rings.
pub const DESCRIPTORS_RESERVED: u64 = 64;

/// Descriptors that most systems give a process (the soft limit of Linux itself).
pub const DESCRIPTORS_USUAL: u64 = 1_024;

/// Descriptors that this process must be allowed for a run to take some for rings.
pub const RING_DESCRIPTORS_MIN: u64 = 2 * DESCRIPTORS_RESERVED;

/// Places that are remembered as filled, in a run whose records come in any order: 1 MiB of bits.
pub const PLACES_REMEMBERED: usize = 1 << 23;

/// Files whose second reading waits.
pub const SUSPECTS_MAX: usize = 64;

/// How often a thread that waits looks whether the run is being stopped.
pub const LOOK_AROUND_MS: u64 = 50;

/// How long a run that is being stopped waits for its threads: one may hang in a call that Linux does not end.
/// With what follows it takes less than the second that whoever presses Ctrl-C is promised.
pub const STOP_MS_MAX: u64 = 600;

/// How long its caller waits for the conductor of such a run, which has to say what became of the files that the others
/// have left: longer than the conductor waits for them.
pub const CONDUCTOR_MS_MAX: u64 = STOP_MS_MAX + 200;

/// Tries of an open that too many open files prevent, or a lease that another process has to give up, `LOOK_AROUND_MS`
/// apart, before the file counts as unreadable.
pub const PASSING_TRIES_MAX: u32 = 40;

/// How long an open may take from the moment that a worker begins the file; what takes longer is being read.
pub const OPEN_MS_MAX: u64 = 1_000;

const _: () = assert!(OPEN_MS_MAX < PASSING_TRIES_MAX as u64 * LOOK_AROUND_MS, "who reads slowly is seen in time");

/// Tries of one read on a ring that Linux puts off, before the file counts as unreadable; and of calls in a row that bring
/// nothing, before the ring counts as broken.
pub const RING_TRIES_MAX: u32 = 1_000;

/// FIFOs that are kept open until their turn to be read comes, where they are read: closing one would be the end of who writes to
/// it. Once one has been met no other is opened before its turn, so that there is at most one for each thread that opens.
pub const STREAMS_HELD_MAX: usize = WORKERS_MAX + REMOTE_READERS;

/// Bytes of the buffer that a FIFO, a device or standard input is read through. A pipe holds 64 KiB.
pub const STREAM_BUFFER_BYTES: usize = 128 * 1024;

/// What flowed into the account of `--limit-rate` while nobody read, in milliseconds: two waits, so that who looks only
/// now and then reads as fast as was allowed.
pub const PACE_SAVED_MS: u64 = 2 * LOOK_AROUND_MS;

/// Bytes of lines that `create` gathers before it writes them.
pub const CREATION_BUFFER_BYTES: usize = 256 * 1024;

/// Files that each worker may have in progress, each with a descriptor, beside that of a directory, so that all together
/// leave some over.
pub fn files_per_worker(workers: usize, descriptors_max: u64) -> usize {
    let share = descriptors_max.saturating_sub(DESCRIPTORS_RESERVED) / workers as u64;
    (share.saturating_sub(1) as usize).clamp(1, FILES_PER_WORKER_MAX)
}

const _: () = assert!(OUTBOX_BYTES_MAX / (ENTRY_BYTES + 64) > LOOK_AHEAD_FILES, "the look ahead must fit the outbox");
const _: () = assert!(LOOK_AHEAD_FILES >= BATCH_FILES);
const _: () = assert!(OUTBOX_PIECE_BYTES < OUTBOX_BYTES_MAX / 2);

/// Files at the top of a directory that `examine` looks at to find one that it can try to read.
pub const EXAMINED_FILES_MAX: usize = 64;

/// Names at the top of a directory that it reads for that.
pub const EXAMINED_ENTRIES_MAX: usize = 4096;

/// Lines of a manifest, names of a list or things in a tree that a run is still small with: its caller does it alone.
pub const SMALL_FILES_MAX: usize = 64;

/// Bytes of the files of a small run.
pub const SMALL_BYTES_MAX: u64 = 512 * 1024;

/// Bytes of the manifest of a small run.
pub const SMALL_MANIFEST_BYTES_MAX: usize = 64 * 1024;

/// How long a small run takes at most; after that it gets threads, and its caller waits no longer than he wishes to.
pub const SMALL_MS_MAX: u64 = 5;

/// Bytes of the stack of each thread of a run. Of conductors, workers, readers of every kind and confirmers none used more than
/// 48 KiB in the release build, of which 32 are the buffer that a directory is read through.
pub const THREAD_STACK_BYTES: usize = 256 * 1024;

const _: () = assert!(SMALL_FILES_MAX <= BATCH_FILES, "what is at hand is one batch");
const _: () = assert!(SMALL_BYTES_MAX < MAP_PLACE_BYTES as u64, "a small run maps nothing");

/// Bytes of the manifest that are read at a time.
pub const MANIFEST_BUFFER_BYTES: usize = 256 * 1024;

/// Worker threads of a run, whatever is asked for.
pub const WORKERS_MAX: usize = 1_024;
