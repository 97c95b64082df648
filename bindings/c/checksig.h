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
    // An argument has a value that it cannot have: a NUL byte in a path, an index that is too large, a name that no line of
    // a manifest can carry.
    CHECKSIG_STATUS_BAD_ARGUMENT = 11,
    // An option has a value that it cannot have, or the run is of a kind that does not have the option.
    CHECKSIG_STATUS_BAD_OPTION = 12,
    // Nothing has the name of the root.
    CHECKSIG_STATUS_ROOT_NOT_FOUND = 20,
    // The root is not a directory.
    CHECKSIG_STATUS_ROOT_NOT_DIRECTORY = 21,
    // The root cannot be opened.
    CHECKSIG_STATUS_ROOT_UNREADABLE = 22,
    // Nothing has the name of the manifest.
    CHECKSIG_STATUS_MANIFEST_NOT_FOUND = 23,
    // The manifest cannot be opened, or not be read to its end.
    CHECKSIG_STATUS_MANIFEST_UNREADABLE = 24,
    // The manifest is a directory, a FIFO, a device or a socket.
    CHECKSIG_STATUS_MANIFEST_NOT_REGULAR = 25,
    // The manifest was written to, truncated or replaced while it was read: what it lists is not known.
    CHECKSIG_STATUS_MANIFEST_CHANGED = 35,
    // There is a file already, be it a manifest or not, where a manifest was to be written.
    CHECKSIG_STATUS_MANIFEST_EXISTS = 36,
    // The manifest cannot be written.
    CHECKSIG_STATUS_MANIFEST_UNWRITABLE = 37,
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

// What a file is.
typedef enum {
    // The record does not say.
    CHECKSIG_FILE_KIND_NONE = 0,
    CHECKSIG_FILE_KIND_REGULAR = 1,
    CHECKSIG_FILE_KIND_DIRECTORY = 2,
    CHECKSIG_FILE_KIND_SYMLINK = 3,
    CHECKSIG_FILE_KIND_FIFO = 4,
    CHECKSIG_FILE_KIND_SOCKET = 5,
    CHECKSIG_FILE_KIND_CHAR_DEVICE = 6,
    CHECKSIG_FILE_KIND_BLOCK_DEVICE = 7,
    // Something that stat(2) has no name for.
    CHECKSIG_FILE_KIND_OTHER = 8,
} ChecksigFileKind;

// What is wrong with a line of a manifest. Take a value that you do not know for a fault of another kind.
typedef enum {
    // The record is no malformed line.
    CHECKSIG_LINE_ERROR_NONE = 0,
    // It fits none of the forms.
    CHECKSIG_LINE_ERROR_FORM = 1,
    // Its digest is not 40 hexadecimal digits.
    CHECKSIG_LINE_ERROR_DIGEST = 2,
    // Its tag is another algorithm's.
    CHECKSIG_LINE_ERROR_ALGORITHM = 3,
    // No name stands behind the digest.
    CHECKSIG_LINE_ERROR_NO_NAME = 4,
    // Its name holds a NUL byte.
    CHECKSIG_LINE_ERROR_NUL = 5,
    // A backslash on an escaped line begins none of the three escapes.
    CHECKSIG_LINE_ERROR_ESCAPE = 6,
    // It is an entry of another format than the one that was asked for.
    CHECKSIG_LINE_ERROR_OTHER_FORMAT = 7,
    // The last record of a manifest whose records end with NUL has no end.
    CHECKSIG_LINE_ERROR_UNENDED = 8,
    // It is longer than any entry.
    CHECKSIG_LINE_ERROR_TOO_LONG = 9,
    // The manifest begins with a UTF-8 byte order mark.
    CHECKSIG_LINE_ERROR_BYTE_ORDER_MARK = 10,
    // The manifest is UTF-16.
    CHECKSIG_LINE_ERROR_UTF16 = 11,
    // The name is that of standard input, which no manifest here is read from.
    CHECKSIG_LINE_ERROR_STDIN = 12,
} ChecksigLineError;

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

// A message on its way to a digest. One thread at a time may use it; also a child after fork() has its own copy.
typedef struct ChecksigHasher ChecksigHasher;

// A manifest that is being read, line by line. One thread at a time may use it.
//
// After fork() parent and child have one place in the file between them: let only one of them go on.
typedef struct ChecksigManifest ChecksigManifest;

// The choices for a run. One thread at a time may use them.
//
// An option that the verb of a run does not have is refused by the function that starts the run, and not passed over:
// CHECKSIG_STATUS_BAD_OPTION, and checksig_last_error() says which.
typedef struct ChecksigOptions ChecksigOptions;

// What a whole run found. Nothing changes it until it is freed: any number of threads may read it.
typedef struct ChecksigReport ChecksigReport;

// A verification, an audit, a creation, or the reading of a list of files, that is under way in threads of its own.
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
    // Bytes of the manifest gone through, and its size in bytes; both 0 where none is read.
    uint64_t manifest_bytes_done;
    uint64_t manifest_bytes;
    // How many files and bytes there will have been, estimated from the manifest gone through and the sizes learnt so
    // far; -1 where nothing tells yet.
    int64_t files_expected;
    int64_t bytes_expected;
    // The part of the work that is done, from 0 to 1; -1 where the whole of it cannot be told yet.
    double fraction_done;
    // Names that an audit has met in the tree since the entries of its manifest were all judged; -1 before that, and of
    // every other run.
    int64_t names_walked;
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
    // For CHECKSIG_OUTCOME_UNSTABLE the 20 bytes of the digest of the second reading; else NULL.
    const uint8_t *actual_again;
    // For CHECKSIG_OUTCOME_NOT_REGULAR what stands in the place of a file, for CHECKSIG_OUTCOME_UNLISTED what it is; else
    // CHECKSIG_FILE_KIND_NONE.
    ChecksigFileKind file_kind;
    // For CHECKSIG_OUTCOME_UNLISTED the name of a missing entry that lists the digest of this file, which was moved from
    // there to here, as it seems. Each missing entry is named once; both stay failures.
    ChecksigText moved_from;
    // For a malformed line what is wrong with it; else CHECKSIG_LINE_ERROR_NONE.
    ChecksigLineError line_error;
} ChecksigRecord;

// A whole run in numbers.
typedef struct {
    ChecksigVerdict verdict;
    // Whether the run was cancelled before it was done.
    bool cancelled;
    // Files with an outcome, and those of them that count against the run: with any outcome but match, and in a creation
    // but CHECKSIG_OUTCOME_NOT_REGULAR.
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
    // Unlisted files that an audit takes for missing ones: those whose records have a `moved_from`.
    uint64_t moved;
    // Names that a pattern of checksig_options_add_exclude() kept out; an excluded directory is one, whatever it holds.
    uint64_t excluded;
    // The format of the entries that were read, or of those that were written, by its name: "gnu", "gnu-binary" (written
    // only), "bsd", "openssl", "bagit" or "zero"; "mixed" where lines of several stand side by side, of which
    // checksig_report_format() has each. None where there was no entry of a manifest. It is text that lives as long as
    // the program.
    ChecksigText format;
    // How many checksig_report_format() has.
    size_t formats;
    // The manifest that was read, as messages name it: bytes that live as long as the report. Nothing where none was.
    ChecksigText manifest;
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

// One entry of a manifest that is written.
typedef struct {
    // Its name: any bytes but NUL, at least one.
    ChecksigBytes name;
    // The 20 bytes of its digest.
    const uint8_t *digest;
} ChecksigEntry;

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

// Makes options with the defaults: what the functions that start a run do when they are given NULL.
//
// *out is the caller's, to be freed with checksig_options_free().
ChecksigStatus checksig_options_new(ChecksigOptions **out);

// Names the manifest that is read, relative to the current directory; without it, sha1sum.txt below the root or, where
// that is not there, a bag's manifest-sha1.txt.
//
// The bytes are copied. For checksig_run_start() and checksig_run_start_audit().
ChecksigStatus checksig_options_set_manifest(ChecksigOptions *options, const char *manifest, size_t manifest_len);

// Chooses the format of the manifest: "gnu", "bsd", "openssl", "bagit", "zero", or "auto", the default.
//
// One that is read by "auto" is of the format that its name and its beginning show; by another, every line of a
// different format is malformed. One that is written is of the format "gnu" by "auto", and can be "gnu-binary" too,
// which reads as "gnu" does. CHECKSIG_STATUS_BAD_OPTION says that there is no such format. For all but
// checksig_run_start_files().
ChecksigStatus checksig_options_set_format(ChecksigOptions *options, const char *format, size_t format_len);

// Chooses which symbolic links are followed: "never", the default, or "inside": those that stay below the root.
//
// CHECKSIG_STATUS_BAD_OPTION says that there is no such word. For all but checksig_run_start_files(), which follows
// every link.
ChecksigStatus checksig_options_set_follow(ChecksigOptions *options, const char *follow, size_t follow_len);

// Adds a pattern of names that an audit need not find listed, and that a new manifest does not list.
//
// A pattern without a slash is that of the last component of a name, in whatever directory; one with a slash is that
// of the whole name, from the root. * and ? match no slash, ** matches any number of components, and there are [a-z],
// [!a-z] and {one,other}; a backslash takes the meaning from what follows. A slash at the beginning means the root's
// own, a slash at the end directories only. A directory is excluded with all that it holds.
//
// The bytes are copied; they must be UTF-8. CHECKSIG_STATUS_BAD_OPTION says that the pattern makes no sense, and
// checksig_last_error() why. For checksig_run_start_audit() and checksig_run_start_create().
ChecksigStatus checksig_options_add_exclude(ChecksigOptions *options, const char *glob, size_t glob_len);

// Adds a file that the caller itself writes below the root meanwhile, relative to the current directory, so that an
// audit need not find it listed. Where it is listed, it is verified all the same.
//
// The bytes are copied. For checksig_run_start_audit().
ChecksigStatus checksig_options_add_own(ChecksigOptions *options, const char *own, size_t own_len);

// Names the manifest that is written, relative to the current directory; without it, sha1sum.txt below the root, or
// manifest-sha1.txt for the format "bagit".
//
// The bytes are copied. For checksig_run_start_create().
ChecksigStatus checksig_options_set_output(ChecksigOptions *options, const char *output, size_t output_len);

// Chooses whether a file that is there already, be it a manifest or not, is replaced: 1, or 0, the default: it stays,
// and no run starts.
//
// For checksig_run_start_create().
ChecksigStatus checksig_options_set_overwrite(ChecksigOptions *options, uint32_t overwrite);

// Chooses whether records come in the order of the manifest or of the list: 1, the default, or 0: as they are found.
//
// For all but checksig_run_start_create(), which writes in the order of names.
ChecksigStatus checksig_options_set_ordered(ChecksigOptions *options, uint32_t ordered);

// Frees options; NULL is nothing to free. Runs that were started with them go on.
void checksig_options_free(ChecksigOptions *options);

// Sets the number of threads that hash; 0, the default, means as many as CPU affinity and the cgroup's quota allow.
ChecksigStatus checksig_options_set_workers(ChecksigOptions *options, uint32_t workers);

// Chooses how files are read: "auto", the default, or one reader for every file: "uring", "threads", "mmap", "pread".
//
// CHECKSIG_STATUS_BAD_OPTION says that there is no such reader. Whether this machine has it is seen by the
// function that starts a run: CHECKSIG_STATUS_READER_UNAVAILABLE.
ChecksigStatus checksig_options_set_reader(ChecksigOptions *options, const char *reader, size_t reader_len);

// Chooses how files are hashed: "auto", the default, which measures, or one SHA-1 kernel for every file, such as
// "avx512", "avx2", "sha-ni-x2" or "sha1-crate".
//
// CHECKSIG_STATUS_BAD_OPTION says that there is no such kernel, and checksig_last_error() which there are. Whether this
// CPU can run it is seen by the function that starts a run: CHECKSIG_STATUS_KERNEL_UNAVAILABLE.
ChecksigStatus checksig_options_set_kernel(ChecksigOptions *options, const char *kernel, size_t kernel_len);

// Sets how many reads are in flight on the device at a time, over all readers; with the reader threads it is the number
// of threads, and the readers "pread" and "mmap" take no notice of it. 0, the default, means that it is chosen for the
// device; with more than 4096 a run does not start.
ChecksigStatus checksig_options_set_queue_depth(ChecksigOptions *options, uint32_t queue_depth);

// Sets how many bytes all buffers of the run may take, those of workers and those of readers; 0, the default, means 51
// MiB and 8 MiB for each worker, at most.
//
// Less than 4 MiB is refused by every function that starts a run: CHECKSIG_STATUS_BAD_OPTION.
ChecksigStatus checksig_options_set_memory(ChecksigOptions *options, uint64_t bytes);

// Chooses whether every byte is read from the device itself, past the page cache (O_DIRECT): 1, or 0, the default: what
// is in the page cache is taken from there, which says nothing about the medium.
//
// The reader "mmap" cannot do it: every function that starts a run refuses the two together with
// CHECKSIG_STATUS_BAD_OPTION.
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

// Starts to verify the files below a root against its manifest, and returns while that goes on.
//
// root is a path: bytes as Linux takes them, without NUL. options may be NULL for the defaults; they are copied.
// *out is the caller's, to be freed with checksig_run_free(). Fails with one of the statuses from 10 on when the run
// cannot be done at all: no root, no manifest, no such reader. Any thread may call it, and several may at once.
ChecksigStatus checksig_run_start(const char *root, size_t root_len, const ChecksigOptions *options, ChecksigRun **out);

// Starts to verify the files below a root against its manifest, and to look for what is there and not listed.
//
// root and options as for checksig_run_start(). *out is the caller's, to be freed with checksig_run_free(). Fails, and
// may be called by any thread, as checksig_run_start().
//
// Behind the records of the manifest's lines there is one for everything that has no entry, with
// CHECKSIG_OUTCOME_UNLISTED, in byte order of the names: regular files, links, FIFOs, sockets and devices. Directories
// need no entry, nor does the manifest itself, nor what checksig_options_add_exclude() and checksig_options_add_own()
// name. Where entries are missing, unlisted files are read, and those that have such an entry's digest name it in
// `moved_from`.
ChecksigStatus checksig_run_start_audit(const char *root,
                                        size_t root_len,
                                        const ChecksigOptions *options,
                                        ChecksigRun **out);

// Starts to write a manifest of the regular files below a root, in byte order of their names, and returns while that
// goes on.
//
// root and options as for checksig_run_start(). *out is the caller's, to be freed with checksig_run_free(). Any thread
// may call it, and several may at once. There is a record for each file that is listed, with its digest
// and CHECKSIG_OUTCOME_MATCH; one with CHECKSIG_OUTCOME_NOT_REGULAR for what is left out, which does not count against
// the run; and one with another outcome for a file that could not be listed. The manifest is written beside its place
// and put there by checksig_run_report(), if the verdict is pass; with any other verdict, and by checksig_run_free()
// before that, nothing is written and the old one stays. A tree without regular files gives no manifest. Fails at once
// with CHECKSIG_STATUS_MANIFEST_EXISTS where a file is there already and checksig_options_set_overwrite() does not say
// that it may be replaced.
ChecksigStatus checksig_run_start_create(const char *root,
                                         size_t root_len,
                                         const ChecksigOptions *options,
                                         ChecksigRun **out);

// Starts to find the digests of the files of a list, and returns while that goes on.
//
// paths is an array of count paths, which are copied; it may be NULL where count is 0. There is one record for each,
// in their order unless the options say otherwise, and the digest is its `actual`: not NULL where, and only where, the
// outcome is CHECKSIG_OUTCOME_MATCH. A path leads where the system says: from the current directory as it is now, and
// through symbolic links. What is wrong with a path is its outcome, also where it is empty or holds a NUL byte. A
// list of no paths does not pass: nothing was read.
//
// options may be NULL for the defaults; CHECKSIG_STATUS_BAD_OPTION where they say something of a manifest or a tree.
// *out is the caller's, to be freed with checksig_run_free(). Any thread may call it, and several may at once.
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

// Gives the name of one of the formats of the entries: more than one where lines of several stand side by side.
//
// index counts from 0. The text lives as long as the program.
ChecksigStatus checksig_report_format(const ChecksigReport *report, size_t index, ChecksigText *out);

// Gives one of the sentences that say why the run was done as it was: readers and kernels that were asked for by name,
// every fallback with its reason and remedy, which manifest was taken where none was named, and where less was used than
// was asked for, such as workers, queue depth or memory.
//
// index counts from 0. The text is UTF-8 and lives as long as the report.
ChecksigStatus checksig_report_reason(const ChecksigReport *report,
                                      size_t index,
                                      ChecksigText *out);

// Gives what is wrong in words for people, one line for each of the first malformed lines and failures:
// "/tmp/logs/httpd-08.log" - mismatch
//
// The text is UTF-8, holds no control character but the ends of its lines, and lives as long as the report. Where
// the verdict is pass it is empty and its data is NULL.
ChecksigStatus checksig_report_message(const ChecksigReport *report, ChecksigText *out);

// Frees a report; NULL is nothing to free.
void checksig_report_free(ChecksigReport *report);

// Opens a manifest to read its lines; none of the files that it lists is looked at.
//
// path leads where the system says. format is one of checksig_options_set_format() that can be read. *out is the
// caller's, to be freed with checksig_manifest_free(). Fails where there is no such manifest, or it is no regular file.
ChecksigStatus checksig_manifest_open(const char *path,
                                      size_t path_len,
                                      const char *format,
                                      size_t format_len,
                                      ChecksigManifest **out);

// Reads on, and hands out the next lines.
//
// CHECKSIG_STATUS_OK: *out is a batch, the caller's, to be freed with checksig_batch_free(); it outlives the manifest.
// Its records are files with CHECKSIG_OUTCOME_NOT_CHECKED, whose `expected` is the digest, and malformed lines; empty
// lines and comments have none. CHECKSIG_STATUS_FINISHED: there are no more, and the manifest was read whole. Fails
// with CHECKSIG_STATUS_MANIFEST_UNREADABLE or _CHANGED where it was not, and every time from then on: nobody knows what
// it lists.
ChecksigStatus checksig_manifest_next_batch(ChecksigManifest *manifest, ChecksigBatch **out);

// Gives the name of the format of the entries that have been handed out: as for the member `format` of ChecksigSummary.
//
// The text lives as long as the program.
ChecksigStatus checksig_manifest_format(const ChecksigManifest *manifest, ChecksigText *out);

// Frees a manifest and closes its file; NULL is nothing to free.
void checksig_manifest_free(ChecksigManifest *manifest);

// Writes a manifest of entries that the caller has, in their order, and waits until its bytes are on the device.
//
// path leads where the system says. format is one of checksig_options_set_format(). entries is an array of count
// entries; it may be NULL where count is 0. It is written beside its place first, and then put there: nobody sees half
// of it. What stands there already stays with overwrite 0 (CHECKSIG_STATUS_MANIFEST_EXISTS) and is replaced with 1, if
// it is a regular file. The name "-" is written "./-", since to sha1sum and the like that is standard input; not in the
// format "bagit". CHECKSIG_STATUS_BAD_ARGUMENT says that no line of this format can carry a name, and
// checksig_last_error() which; then nothing is written. Any number of threads may call it at once.
ChecksigStatus checksig_manifest_write(const char *path,
                                       size_t path_len,
                                       const char *format,
                                       size_t format_len,
                                       const ChecksigEntry *entries,
                                       size_t count,
                                       uint32_t overwrite);

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

// Begins a message.
//
// *out is the caller's, to be freed with checksig_hasher_free().
ChecksigStatus checksig_hasher_new(ChecksigHasher **out);

// Takes the next len bytes of the message, which are not kept. data may be NULL where len is 0.
ChecksigStatus checksig_hasher_update(ChecksigHasher *hasher, const void *data, size_t len);

// Gives the digest of all the bytes taken so far: digest is room for 20 bytes.
//
// The hasher stays as it is: more bytes may follow, and checksig_hasher_finish() then gives the digest of all of them.
ChecksigStatus checksig_hasher_finish(const ChecksigHasher *hasher, uint8_t *digest);

// Makes another hasher that has taken the same bytes.
//
// *out is the caller's, to be freed with checksig_hasher_free(); neither knows of the other.
ChecksigStatus checksig_hasher_copy(const ChecksigHasher *hasher, ChecksigHasher **out);

// Forgets the bytes taken so far, so that another message can begin.
ChecksigStatus checksig_hasher_reset(ChecksigHasher *hasher);

// Frees a hasher; NULL is nothing to free.
void checksig_hasher_free(ChecksigHasher *hasher);

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
