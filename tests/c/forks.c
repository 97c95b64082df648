// forks FOLDER: fork() before, during and after the use of the library.
//
// FOLDER is empty and the current directory's; what is wrong ends the program.

#include <sys/stat.h>
#include <sys/wait.h>

#include "check.h"

#define EMPTY "da39a3ee5e6b4b0d3255bfef95601890afd80709"

static void in_a_child(void (*body)(ChecksigRun *), ChecksigRun *run) {
    fflush(NULL);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        // What hangs is a failure too.
        alarm(60);
        body(run);
        _exit(0);
    }
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void everything_works(ChecksigRun *unused) {
    (void)unused;
    ChecksigRun *run = NULL;
    uint8_t digest[20];
    CHECK(checksig_check_signatures("tree") == NULL);
    DONE(checksig_run_start_audit(TEXT("tree"), NULL, &run));
    CHECK(end(run).verdict == CHECKSIG_VERDICT_PASS);
    DONE(checksig_file_digest(TEXT("tree/a"), digest));
    DONE(checksig_hash_many(NULL, 0, NULL));
}

// Its threads are not here, and a lock that one of them held would be held for ever.
static void the_run_is_refused(ChecksigRun *run) {
    ChecksigBatch *batch = NULL;
    ChecksigReport *report = NULL;
    ChecksigProgress progress;
    EXPECT(CHECKSIG_STATUS_FORKED, checksig_run_next_batch(run, 1000, &batch));
    CHECK(says("start a run after fork()"));
    EXPECT(CHECKSIG_STATUS_FORKED, checksig_run_progress(run, &progress));
    EXPECT(CHECKSIG_STATUS_FORKED, checksig_run_cancel(run));
    EXPECT(CHECKSIG_STATUS_FORKED, checksig_run_report(run, &report));
    checksig_run_free(run);
    everything_works(NULL);
}

static ChecksigBatch *batch;
static ChecksigReport *report;
static ChecksigOptions *options;
static ChecksigHasher *hasher;

// What has no threads is a copy of the child's own.
static void copies_work(ChecksigRun *unused) {
    (void)unused;
    size_t count = 0;
    ChecksigSummary summary;
    ChecksigRun *run = NULL;
    uint8_t digest[20];
    DONE(checksig_batch_len(batch, &count));
    CHECK(count == 1);
    DONE(checksig_report_summary(report, &summary));
    CHECK(summary.verdict == CHECKSIG_VERDICT_PASS);
    DONE(checksig_run_start(TEXT("tree"), options, &run));
    CHECK(end(run).verdict == CHECKSIG_VERDICT_PASS);
    DONE(checksig_hasher_update(hasher, "c", 1));
    DONE(checksig_hasher_finish(hasher, digest));
    CHECK(digest[0] == 0xa9);
    checksig_batch_free(batch);
    checksig_report_free(report);
    checksig_options_free(options);
    checksig_hasher_free(hasher);
}

int main(int argc, char **argv) {
    CHECK(argc == 2 && chdir(argv[1]) == 0);
    CHECK(mkdir("tree", 0777) == 0);
    write_file("tree/a", "");
    write_file("tree/sha1sum.txt", EMPTY "  a\n");
    in_a_child(everything_works, NULL);
    everything_works(NULL);
    in_a_child(everything_works, NULL);

    DONE(checksig_options_new(&options));
    DONE(checksig_hasher_new(&hasher));
    DONE(checksig_hasher_update(hasher, "ab", 2));
    // An audit has threads, whatever its size; a run of one file that is verified may have none.
    for (int verb = 0; verb < 2; verb++) {
        ChecksigRun *run = NULL;
        DONE(verb == 0 ? checksig_run_start(TEXT("tree"), options, &run)
                       : checksig_run_start_audit(TEXT("tree"), options, &run));
        in_a_child(the_run_is_refused, run);
        batch = next_batch(run);
        in_a_child(the_run_is_refused, run);
        DONE(checksig_run_report(run, &report));
        in_a_child(the_run_is_refused, run);
        in_a_child(copies_work, NULL);
        checksig_batch_free(batch);
        checksig_report_free(report);
        CHECK(end(run).verdict == CHECKSIG_VERDICT_PASS);
    }
    checksig_options_free(options);
    checksig_hasher_free(hasher);
    puts("forks: all as it should be");
    return 0;
}
