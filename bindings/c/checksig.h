// checksig: proves that a directory tree holds the bytes its SHA-1 manifest says it holds.
//
// Generated from src/capi by build.rs; never changed by hand.
//
// Every function that can fail returns a ChecksigStatus; outputs come last and are written only with CHECKSIG_STATUS_OK.
// Paths and names are bytes with a length, not NUL-terminated. Each handle has a function that frees it, and NULL is
// nothing to free. Any thread may use a handle unless its type says otherwise; free it when no other thread is inside a
// call on it. No function calls back, prints or exits.

#ifndef CHECKSIG_H
#define CHECKSIG_H

#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>

// What a call came to. Every value from 10 on is a failure, and checksig_last_error() says it in words.
//
// What is wrong with a file is never the status of a run: it is an outcome, and the verdict of the report counts it.
// Only checksig_file_digest(), which has one file and no run, says it with a status.
typedef enum {
    // Done, and every output is written.
    CHECKSIG_STATUS_OK = 0,
    // Nothing came in the time allowed; call again. No output is written.
    CHECKSIG_STATUS_WAITING = 1,
    // There is no more to come. No output is written.
    CHECKSIG_STATUS_FINISHED = 2,
    // An argument is NULL that must not be.
    CHECKSIG_STATUS_NULL_ARGUMENT = 10,
    // An argument has a value that it cannot have: a NUL byte in a path, an index that is too large.
    CHECKSIG_STATUS_BAD_ARGUMENT = 11,
    // An option has a value that it cannot have.
    CHECKSIG_STATUS_BAD_OPTION = 12,
    // Nothing has the name of the root.
    CHECKSIG_STATUS_ROOT_NOT_FOUND = 20,
    // The root is not a directory.
    CHECKSIG_STATUS_ROOT_NOT_DIRECTORY = 21,
    // The root cannot be opened.
    CHECKSIG_STATUS_ROOT_UNREADABLE = 22,
    // Nothing has the name of the manifest.
    CHECKSIG_STATUS_MANIFEST_NOT_FOUND = 23,
    // The manifest is no regular file, or cannot be read to its end.
    CHECKSIG_STATUS_MANIFEST_UNREADABLE = 24,
    // Nothing has the name of the file.
    CHECKSIG_STATUS_FILE_NOT_FOUND = 26,
    // The file is a directory, a FIFO, a device or a socket.
    CHECKSIG_STATUS_FILE_NOT_REGULAR = 27,
    // The file exists but could not be read whole.
    CHECKSIG_STATUS_FILE_UNREADABLE = 28,
    // The file was written to, truncated or grown while it was read.
    CHECKSIG_STATUS_FILE_CHANGED = 29,
    // The reader that was asked for by name cannot be had on this machine.
    CHECKSIG_STATUS_READER_UNAVAILABLE = 30,
    // The kernel that was asked for by name cannot be had on this CPU.
    CHECKSIG_STATUS_KERNEL_UNAVAILABLE = 33,
    // The system refused even one thread.
    CHECKSIG_STATUS_NO_THREAD = 31,
    // This process has as many files open as it may, or the whole machine has.
    CHECKSIG_STATUS_NO_DESCRIPTOR = 34,
    // The run was started before fork() and is used by the child.
    CHECKSIG_STATUS_FORKED = 32,
    // checksig broke a promise to itself. Nothing that was not reported as a match may be taken for one.
    CHECKSIG_STATUS_INTERNAL = 40,
} ChecksigStatus;

// What a record is about. Take a value that you do not know for a failure.
typedef enum {
    // A file.
    CHECKSIG_RECORD_KIND_FILE = 0,
    // A line of the manifest that does not parse: a failure of the run, with CHECKSIG_OUTCOME_NOT_CHECKED.
    CHECKSIG_RECORD_KIND_MALFORMED = 1,
} ChecksigRecordKind;

// What became of a file. Only CHECKSIG_OUTCOME_MATCH is a success: take a value that you do not know for a failure.
typedef enum {
    // Every byte was read, and the digest is the listed one; where there is no manifest, it is the file's.
    CHECKSIG_OUTCOME_MATCH = 0,
    // Two readings agree on a digest that is not the listed one.
    CHECKSIG_OUTCOME_MISMATCH = 1,
    // Nothing has the name.
    CHECKSIG_OUTCOME_MISSING = 2,
    // It exists but could not be read whole.
    CHECKSIG_OUTCOME_UNREADABLE = 3,
    // It was written to or replaced while it was read.
    CHECKSIG_OUTCOME_CHANGED = 4,
    // Two readings of a file that nobody changed gave different bytes.
    CHECKSIG_OUTCOME_UNSTABLE = 5,
    // The name is not a regular file's.
    CHECKSIG_OUTCOME_NOT_REGULAR = 6,
    // The name leads out of the root; nothing was opened.
    CHECKSIG_OUTCOME_OUTSIDE_ROOT = 7,
    // The file is there and the manifest does not list it.
    CHECKSIG_OUTCOME_UNLISTED = 8,
    // The run ended before the file was judged.
    CHECKSIG_OUTCOME_NOT_CHECKED = 9,
} ChecksigOutcome;

// Whether the tree holds the bytes that its manifest says, or every file of a list has its digest. Take a value that
// you do not know for a failure.
typedef enum {
    // Something was checked, all of it matches, and nothing was left out.
    CHECKSIG_VERDICT_PASS = 0,
    // Anything else.
    CHECKSIG_VERDICT_FAIL = 1,
} ChecksigVerdict;

// Some records of a run, in the order in which they were handed on.
//
// Nothing changes it until it is freed: any number of threads may read it.
typedef struct ChecksigBatch ChecksigBatch;

// The choices for a run. One thread at a time may use them.
typedef struct ChecksigOptions ChecksigOptions;

// What a whole run found. Nothing changes it until it is freed: any number of threads may read it.
typedef struct ChecksigReport ChecksigReport;

// A verification, or the reading of a list of files, that is under way in threads of its own.
//
// Any thread may use it, and several may at once: checksig_run_cancel() never waits; each of the others waits until
// the call before it is through. Only the process that started it may use it; a child after fork() may only free it.
typedef struct ChecksigRun ChecksigRun;

// Bytes that the caller lends to a function: a message, or a path. data may be NULL where len is 0.
typedef struct {
    const void *data;
    size_t len;
} ChecksigBytes;

// How far a run has come.
typedef struct {
    // Files with an outcome so far, and those of them that failed.
    uint64_t files_done;
    uint64_t files_failed;
    // Bytes hashed so far.
    uint64_t bytes_done;
    // Files known so far: all of them once planned_all is true.
    uint64_t files_planned;
    bool planned_all;
    // Bytes of the manifest gone through, and its size in bytes.
    uint64_t manifest_bytes_done;
    uint64_t manifest_bytes;
} ChecksigProgress;

// Borrowed bytes: not NUL-terminated, and not always UTF-8 (names are bytes). data is NULL where there is nothing.
typedef struct {
    const char *data;
    size_t len;
} ChecksigText;

// One result of a run. Its pointers are valid until the batch is freed.
typedef struct {
    ChecksigRecordKind kind;
    ChecksigOutcome outcome;
    // The line of the manifest, from 1; 0 where no line lists the file.
    uint64_t line;
    // The name as the manifest means it, relative to the root; of a list of files, the path as it was given; for a
    // malformed line the line, or its beginning.
    ChecksigText name;
    // The outcome, or what is wrong with the line, in words for people: UTF-8.
    ChecksigText reason;
    // The 20 bytes of the listed digest, or NULL; where there is no manifest, the same as actual.
    const uint8_t *expected;
    // The 20 bytes of the digest that was found, or NULL where the file was not read whole.
    const uint8_t *actual;
    // The size in bytes where all of the file was read, or -1.
    int64_t size_bytes;
    // For CHECKSIG_OUTCOME_UNREADABLE the errno(3) value and the bytes read before it; else 0.
    int32_t error_number;
    uint64_t offset_bytes;
    // The reader that the bytes came by, where any came.
    ChecksigText reader;
} ChecksigRecord;

// A whole run in numbers.
typedef struct {
    ChecksigVerdict verdict;
    // Whether the run was cancelled before it was done.
    bool cancelled;
    // Files with an outcome, and those of them with any outcome but match.
    uint64_t files;
    uint64_t files_failed;
    // Lines of the manifest that do not parse.
    uint64_t malformed_lines;
    // Bytes that were read and hashed.
    uint64_t bytes;
    double seconds;
    // Threads that hashed, and the SHA-1 kernel that hashed the most bytes, as text that lives as long as the report.
    size_t workers;
    ChecksigText kernel;
    // How many checksig_report_kernel(), checksig_report_reader() and checksig_report_reason() have.
    size_t kernels;
    size_t readers;
    size_t reasons;
} ChecksigSummary;

// A SHA-1 kernel that was chosen.
typedef struct {
    // Its name: text that lives as long as the report.
    ChecksigText name;
    // How many files a thread must have bytes of for it to run: 1 for the first kernel, more for each after it.
    size_t lanes_from;
} ChecksigKernelUse;

// How much came by one reader.
typedef struct {
    // Its name: text that lives as long as the report.
    ChecksigText name;
    // Files whose last byte it read, and the bytes that it read.
    uint64_t files;
    uint64_t bytes;
    // How many of these files, in whole or in part, and of these bytes had to come from the device, as far as Linux says.
    uint64_t device_files;
    uint64_t device_bytes;
} ChecksigReaderUse;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// The version of the library, such as "0.1.0": a NUL-terminated string that lives as long as the program.
//
// Any thread may call it; it cannot fail.
const char *checksig_version(void);

// Why the last failed call of this thread failed, in words for people: a NUL-terminated string, empty before the
// first failure.
//
// It belongs to the library, and is valid until the thread's next call of any function of the library.
const char *checksig_last_error(void);

// The errno(3) value behind the last failed call of this thread, such as EACCES, or 0 where there is none.
int32_t checksig_last_error_number(void);

// Makes options with the defaults: what checksig_run_start() does when it is given NULL.
//
// *out is the caller's, to be freed with checksig_options_free().
ChecksigStatus checksig_options_new(ChecksigOptions **out);

// Names the manifest, relative to the current directory; without it, sha1sum.txt below the root or,
// where that is not there, a bag's manifest-sha1.txt.
//
// The bytes are copied.
ChecksigStatus checksig_options_set_manifest(ChecksigOptions *options, const char *manifest, size_t manifest_len);

// Sets the number of threads that hash; 0, the default, means as many as CPU affinity and the cgroup's quota allow.
ChecksigStatus checksig_options_set_workers(ChecksigOptions *options, uint32_t workers);

// Chooses how files are read: "auto", the default, or one reader for every file: "uring", "threads", "mmap", "pread".
//
// CHECKSIG_STATUS_BAD_OPTION says that there is no such reader. Whether this machine has it is seen by
// checksig_run_start().
ChecksigStatus checksig_options_set_reader(ChecksigOptions *options, const char *reader, size_t reader_len);

// Chooses how files are hashed: "auto", the default, which measures, or one SHA-1 kernel for every file, such as
// "avx512", "avx2", "sha-ni-x2" or "sha1-crate".
//
// CHECKSIG_STATUS_BAD_OPTION says that there is no such kernel, and checksig_last_error() which there are. Whether this
// CPU can run it is seen by checksig_run_start(): CHECKSIG_STATUS_KERNEL_UNAVAILABLE.
ChecksigStatus checksig_options_set_kernel(ChecksigOptions *options, const char *kernel, size_t kernel_len);

// Sets how many reads are in flight on the device at a time, over all readers; with the reader threads it is the number
// of threads, and the readers "pread" and "mmap" take no notice of it. 0, the default, means that it is chosen for the
// device; with more than 4096 a run does not start.
ChecksigStatus checksig_options_set_queue_depth(ChecksigOptions *options, uint32_t queue_depth);

// Sets how many bytes all buffers of the run may take, those of workers and those of readers; 0, the default, means 51
// MiB and 8 MiB for each worker, at most.
//
// Less than 4 MiB is refused by checksig_run_start(): CHECKSIG_STATUS_BAD_OPTION.
ChecksigStatus checksig_options_set_memory(ChecksigOptions *options, uint64_t bytes);

// Chooses whether every byte is read from the device itself, past the page cache (O_DIRECT): 1, or 0, the default: what
// is in the page cache is taken from there, which says nothing about the medium.
//
// The reader "mmap" cannot do it: checksig_run_start() refuses the two together with CHECKSIG_STATUS_BAD_OPTION.
ChecksigStatus checksig_options_set_from_media(ChecksigOptions *options, uint32_t from_media);

// Chooses what becomes of the page cache: "neutral", the default: what the run brought in goes again, and what was there
// stays; or "keep": what was read stays cached.
//
// CHECKSIG_STATUS_BAD_OPTION says that there is no such effect.
ChecksigStatus checksig_options_set_cache(ChecksigOptions *options,
                                          const char *cache,
                                          size_t cache_len);

// Sets how many bytes a second the run reads at most, over all readers, from devices and from the page cache; second readings
// count. 0, the default, means as many as can be had.
ChecksigStatus checksig_options_set_limit_rate(ChecksigOptions *options,
                                               uint64_t bytes);

// Chooses whether the threads of the run, and no others of this process, give way to everybody else, for the CPU and for the
// disk: 1, or 0, the default. Where Linux refuses it the run goes on, and a reason in its report says so.
ChecksigStatus checksig_options_set_idle(ChecksigOptions *options,
                                         uint32_t idle);

// Chooses whether records come in the order of the manifest: 1, the default, or 0: as they are found.
ChecksigStatus checksig_options_set_ordered(ChecksigOptions *options, uint32_t ordered);

// Frees options; NULL is nothing to free. Runs that were started with them go on.
void checksig_options_free(ChecksigOptions *options);

// Starts to verify the files below a root against its manifest, and returns while that goes on.
//
// root is a path: bytes as Linux takes them, without NUL. options may be NULL for the defaults; they are copied.
// *out is the caller's, to be freed with checksig_run_free(). Fails with one of the statuses from 10 on when the run
// cannot be done at all: no root, no manifest, no such reader.
ChecksigStatus checksig_run_start(const char *root, size_t root_len, const ChecksigOptions *options, ChecksigRun **out);

// Starts to find the digests of the files of a list, and returns while that goes on.
//
// paths is an array of count paths, which are copied; it may be NULL where count is 0. There is one record for each,
// in their order unless the options say otherwise, and the digest is its `actual`: not NULL where, and only where, the
// outcome is CHECKSIG_OUTCOME_MATCH. A path leads where the system says: from the current directory as it is now, and
// through symbolic links. What is wrong with a path is its outcome, also where it is empty or holds a NUL byte. A
// list of no paths does not pass: nothing was read.
//
// options may be NULL for the defaults; CHECKSIG_STATUS_BAD_OPTION where they name a manifest. *out is the caller's,
// to be freed with checksig_run_free().
ChecksigStatus checksig_run_start_files(const ChecksigBytes *paths,
                                        size_t count,
                                        const ChecksigOptions *options,
                                        ChecksigRun **out);

// Waits for records, timeout_ms milliseconds at most, and hands out those that are there.
//
// CHECKSIG_STATUS_OK: *out is a batch, the caller's, to be freed with checksig_batch_free(); it outlives the run.
// CHECKSIG_STATUS_WAITING: nothing came in time. CHECKSIG_STATUS_FINISHED: every record has been handed out; ask for
// the report. Records must be taken, here or by checksig_run_report(), for the run to go on: those that wait to be
// taken are bounded.
ChecksigStatus checksig_run_next_batch(const ChecksigRun *run, uint32_t timeout_ms, ChecksigBatch **out);

// Tells how far the run has come.
ChecksigStatus checksig_run_progress(const ChecksigRun *run, ChecksigProgress *out);

// Asks the run to stop, and returns at once: it finishes soon, and what it has not judged is
// CHECKSIG_OUTCOME_NOT_CHECKED. A cancelled run does not pass.
ChecksigStatus checksig_run_cancel(const ChecksigRun *run);

// Drops the records that were not taken, waits for the end of the run, and gives its report.
//
// *out is the caller's, to be freed with checksig_report_free(); it outlives the run. A second call gives the same
// again. Fails when the run could not be done to its end: the manifest could not be read whole.
ChecksigStatus checksig_run_report(const ChecksigRun *run, ChecksigReport **out);

// Frees a run; NULL is nothing to free. One that is under way is cancelled, and its threads are waited for.
//
// In a child after fork() it returns at once and the memory stays taken: the threads to wait for are not there.
void checksig_run_free(ChecksigRun *run);

// Gives the number of records of a batch: at least 1.
ChecksigStatus checksig_batch_len(const ChecksigBatch *batch, size_t *out);

// Fills *out with the record at index, which counts from 0.
ChecksigStatus checksig_batch_record(const ChecksigBatch *batch, size_t index, ChecksigRecord *out);

// Gives the index of the first record from index `from` on that is no match, or CHECKSIG_STATUS_FINISHED where every
// one from there on is: for callers that want failures alone.
ChecksigStatus checksig_batch_next_failure(const ChecksigBatch *batch, size_t from, size_t *out);

// Frees a batch and what its records point to; NULL is nothing to free.
void checksig_batch_free(ChecksigBatch *batch);

// Fills *out with the verdict and the numbers of a report.
ChecksigStatus checksig_report_summary(const ChecksigReport *report, ChecksigSummary *out);

// Gives the number of files with an outcome: one of ChecksigOutcome, as an integer.
ChecksigStatus checksig_report_count(const ChecksigReport *report, uint32_t outcome, uint64_t *out);

// Fills *out with one of the kernels that were chosen; index counts from 0. A run of few files may have had no work for
// the later ones.
ChecksigStatus checksig_report_kernel(const ChecksigReport *report, size_t index, ChecksigKernelUse *out);

// Fills *out with one of the readers that the run used; index counts from 0.
ChecksigStatus checksig_report_reader(const ChecksigReport *report, size_t index, ChecksigReaderUse *out);

// Gives one of the sentences that say why these readers and kernels: what was asked for by name, and every fallback
// with its reason and remedy.
//
// index counts from 0. The text is UTF-8 and lives as long as the report.
ChecksigStatus checksig_report_reason(const ChecksigReport *report, size_t index, ChecksigText *out);

// Gives what is wrong in words for people, one line for each of the first malformed lines and failures:
// "/tmp/logs/httpd-08.log" - mismatch
//
// The text is UTF-8, holds no control character but the ends of its lines, and lives as long as the report. Where
// the verdict is pass it is empty and its data is NULL.
ChecksigStatus checksig_report_message(const ChecksigReport *report, ChecksigText *out);

// Frees a report; NULL is nothing to free.
void checksig_report_free(ChecksigReport *report);

// Hashes messages that are in memory, many at a time, and waits for their digests.
//
// messages is an array of count messages, each of any length, 0 included. digests is room for count * 20 bytes: the
// digest of the first message, then of the second, and so on. Where count is 0 both may be NULL. It works in the
// calling thread and copies no message; any number of threads may call it at once, also in a child after fork().
ChecksigStatus checksig_hash_many(const ChecksigBytes *messages, size_t count, uint8_t *digests);

// Reads one file and gives the 20 bytes of its digest, in the calling thread.
//
// path leads where the system says: from the current directory, and through symbolic links. digest is room for 20
// bytes. It is written only if all of the file was read and nobody wrote to it meanwhile; otherwise the status is
// CHECKSIG_STATUS_FILE_NOT_FOUND, _NOT_REGULAR, _UNREADABLE or _CHANGED. Only regular files are read.
ChecksigStatus checksig_file_digest(const char *path, size_t path_len, uint8_t *digest);

// Verifies every file that sha1sum.txt below a directory lists, in parallel, and waits for the end.
//
// root is a NUL-terminated path. Returns NULL when every file matches; else, and also when the check could not be
// made, a NUL-terminated text that says what is wrong: see checksig_report_message(). The text is the caller's, to be
// freed with checksig_string_free(). Any thread may call it, and several may at once.
char *checksig_check_signatures(const char *root);

// Frees a text that checksig_check_signatures() gave; NULL is nothing to free.
void checksig_string_free(char *text);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* CHECKSIG_H */
