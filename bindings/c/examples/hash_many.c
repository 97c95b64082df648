// hash_many FILE...: digests without a manifest, of two buffers in memory, of the first file, and of all the files.
//
// Decides nothing: which file has a digest, and whether all of them do, the library says.

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checksig.h"

static void print_digest(const uint8_t *digest) {
    for (int i = 0; i < 20; i++)
        printf("%02x", digest[i]);
}

static ChecksigStatus hash_buffers(void) {
    const char text[] = "abc";
    const ChecksigBytes messages[] = {{text, strlen(text)}, {NULL, 0}};
    uint8_t digests[2][20];
    ChecksigStatus status = checksig_hash_many(messages, 2, digests[0]);
    for (int i = 0; status == CHECKSIG_STATUS_OK && i < 2; i++) {
        printf("buffer %d: ", i);
        print_digest(digests[i]);
        putchar('\n');
    }
    return status;
}

// What is wrong with the one file is no failure of the program: it is said, and the others are read.
static void hash_first(const char *path) {
    uint8_t digest[20];
    if (checksig_file_digest(path, strlen(path), digest) != CHECKSIG_STATUS_OK) {
        printf("first: %s\n", checksig_last_error());
        return;
    }
    printf("first: ");
    print_digest(digest);
    putchar('\n');
}

static ChecksigStatus print_files(const ChecksigBatch *batch) {
    size_t count = 0;
    ChecksigStatus status = checksig_batch_len(batch, &count);
    for (size_t i = 0; status == CHECKSIG_STATUS_OK && i < count; i++) {
        ChecksigRecord record;
        status = checksig_batch_record(batch, i, &record);
        if (status != CHECKSIG_STATUS_OK)
            break;
        if (record.outcome == CHECKSIG_OUTCOME_MATCH)
            print_digest(record.actual);
        else
            printf("%.*s", (int)record.reason.len, record.reason.data);
        // Each argument of this program is a name that its user gave; others may hold what a terminal would obey.
        printf("  %.*s\n", (int)record.name.len, record.name.data);
    }
    return status;
}

static ChecksigStatus hash_files(char **names, size_t count, int *passed) {
    ChecksigBytes *paths = calloc(count, sizeof *paths);
    if (paths == NULL)
        return CHECKSIG_STATUS_INTERNAL;
    for (size_t i = 0; i < count; i++)
        paths[i] = (ChecksigBytes){names[i], strlen(names[i])};
    ChecksigRun *run = NULL;
    ChecksigStatus status = checksig_run_start_files(paths, count, NULL, &run);
    free(paths);
    while (status == CHECKSIG_STATUS_OK || status == CHECKSIG_STATUS_WAITING) {
        ChecksigBatch *batch = NULL;
        status = checksig_run_next_batch(run, 100, &batch);
        if (status == CHECKSIG_STATUS_OK)
            status = print_files(batch);
        checksig_batch_free(batch);
    }
    ChecksigReport *report = NULL;
    if (status == CHECKSIG_STATUS_FINISHED)
        status = checksig_run_report(run, &report);
    ChecksigSummary summary;
    if (status == CHECKSIG_STATUS_OK && (status = checksig_report_summary(report, &summary)) == CHECKSIG_STATUS_OK) {
        *passed = summary.verdict == CHECKSIG_VERDICT_PASS;
        printf("%" PRIu64 " files, %" PRIu64 " without a digest\n", summary.files, summary.files_failed);
    }
    checksig_report_free(report);
    checksig_run_free(run);
    return status;
}

int main(int argc, char **argv) {
    int passed = 0;
    ChecksigStatus status = hash_buffers();
    if (status == CHECKSIG_STATUS_OK && argc > 1)
        hash_first(argv[1]);
    if (status == CHECKSIG_STATUS_OK)
        status = hash_files(argv + 1, (size_t)argc - 1, &passed);
    if (status != CHECKSIG_STATUS_OK)
        fprintf(stderr, "%s: %s\n", argv[0], checksig_last_error());
    return status != CHECKSIG_STATUS_OK ? 2 : passed ? 0 : 1;
}
