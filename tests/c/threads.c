// threads FOLDER: 64 threads at once, each with everything of its own, and then all of them on one run.
//
// FOLDER is empty and the current directory's; what is wrong ends the program.

#include <pthread.h>
#include <sys/stat.h>

#include "check.h"

#define THREADS 64
#define FILES 300
#define EMPTY "da39a3ee5e6b4b0d3255bfef95601890afd80709"

static void make_trees(void) {
    CHECK(mkdir("good", 0777) == 0 && mkdir("many", 0777) == 0);
    write_file("good/a", "");
    write_file("good/sha1sum.txt", EMPTY "  a\n");
    FILE *manifest = fopen("many/sha1sum.txt", "wb");
    CHECK(manifest != NULL);
    for (int i = 0; i < FILES; i++) {
        char name[32];
        snprintf(name, sizeof name, "many/f%d", i);
        write_file(name, "");
        fprintf(manifest, EMPTY "  f%d\n", i);
    }
    CHECK(fclose(manifest) == 0);
}

static void *everything_of_its_own(void *unused) {
    (void)unused;
    uint8_t digest[20];
    ChecksigBytes messages[] = {{"abc", 3}, {NULL, 0}};
    uint8_t digests[40];
    ChecksigRun *run = NULL;
    ChecksigHasher *hasher = NULL;
    ChecksigManifest *manifest = NULL;
    ChecksigBatch *batch = NULL;
    CHECK(checksig_check_signatures("good") == NULL);
    DONE(checksig_run_start_audit(TEXT("good"), NULL, &run));
    CHECK(end(run).verdict == CHECKSIG_VERDICT_PASS);
    DONE(checksig_run_start_files(messages, 1, NULL, &run));
    CHECK(end(run).files_failed == 1);
    DONE(checksig_file_digest(TEXT("good/a"), digest));
    DONE(checksig_hash_many(messages, 2, digests));
    CHECK(memcmp(digest, digests + 20, 20) == 0);
    DONE(checksig_hasher_new(&hasher));
    DONE(checksig_hasher_update(hasher, "abc", 3));
    DONE(checksig_hasher_finish(hasher, digest));
    CHECK(memcmp(digest, digests, 20) == 0);
    checksig_hasher_free(hasher);
    DONE(checksig_manifest_open(TEXT("good/sha1sum.txt"), TEXT("auto"), &manifest));
    DONE(checksig_manifest_next_batch(manifest, &batch));
    checksig_batch_free(batch);
    checksig_manifest_free(manifest);
    // A failure is this thread's own.
    EXPECT(CHECKSIG_STATUS_FILE_NOT_FOUND, checksig_file_digest(TEXT("good/none"), digest));
    CHECK(says("good/none"));
    return NULL;
}

static void *part_of_one_run(void *shared) {
    const ChecksigRun *run = shared;
    size_t taken = 0;
    for (ChecksigBatch *batch; (batch = next_batch(run)) != NULL; checksig_batch_free(batch)) {
        size_t count = 0;
        ChecksigProgress progress;
        DONE(checksig_batch_len(batch, &count));
        DONE(checksig_run_progress(run, &progress));
        CHECK(progress.files_done <= FILES);
        taken += count;
    }
    ChecksigReport *report = NULL;
    DONE(checksig_run_report(run, &report));
    checksig_report_free(report);
    return (void *)taken;
}

static void *cancels(void *shared) {
    DONE(checksig_run_cancel(shared));
    return NULL;
}

static size_t in_all_threads(void *(*body)(void *), void *argument) {
    pthread_t threads[THREADS];
    size_t sum = 0;
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, body, argument) == 0);
    for (int i = 0; i < THREADS; i++) {
        void *found = NULL;
        CHECK(pthread_join(threads[i], &found) == 0);
        sum += (size_t)found;
    }
    return sum;
}

int main(int argc, char **argv) {
    CHECK(argc == 2 && chdir(argv[1]) == 0);
    make_trees();
    size_t files = count_own("fd"), threads = count_own("task");
    in_all_threads(everything_of_its_own, NULL);
    ChecksigRun *run = NULL;
    DONE(checksig_run_start_audit(TEXT("many"), NULL, &run));
    CHECK(in_all_threads(part_of_one_run, run) == FILES);
    CHECK(end(run).verdict == CHECKSIG_VERDICT_PASS);
    DONE(checksig_run_start_audit(TEXT("many"), NULL, &run));
    in_all_threads(cancels, run);
    ChecksigSummary summary = end(run);
    CHECK((summary.verdict == CHECKSIG_VERDICT_PASS) != summary.cancelled);
    CHECK(count_own("fd") == files && settles("task", threads));
    puts("threads: all as it should be");
    return 0;
}
