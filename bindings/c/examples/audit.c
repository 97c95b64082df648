// audit DIRECTORY [PATTERN...]: what is wrong with a tree and what is in it beside its manifest, with a line of progress.
//
// Decides nothing: what is a failure, and whether the run passes, the library says.

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "checksig.h"

// A name can hold any byte but NUL, also those that a terminal would obey.
static void print_name(ChecksigText name) {
    for (size_t i = 0; i < name.len; i++) {
        unsigned char byte = (unsigned char)name.data[i];
        if (byte < 0x20 || byte >= 0x7f || byte == '\\')
            printf("\\x%02x", byte);
        else
            putchar(byte);
    }
}

static ChecksigStatus print_failures(const ChecksigBatch *batch) {
    size_t index = 0;
    ChecksigStatus status;
    while ((status = checksig_batch_next_failure(batch, index, &index)) == CHECKSIG_STATUS_OK) {
        ChecksigRecord record;
        if ((status = checksig_batch_record(batch, index++, &record)) != CHECKSIG_STATUS_OK)
            return status;
        print_name(record.name);
        printf(": %.*s", (int)record.reason.len, record.reason.data);
        if (record.moved_from.data != NULL) {
            printf("; moved from ");
            print_name(record.moved_from);
        }
        putchar('\n');
    }
    return status == CHECKSIG_STATUS_FINISHED ? CHECKSIG_STATUS_OK : status;
}

// On standard error, so that the failures on standard output can go elsewhere.
static ChecksigStatus show_progress(const ChecksigRun *run) {
    ChecksigProgress progress;
    ChecksigStatus status = checksig_run_progress(run, &progress);
    if (status != CHECKSIG_STATUS_OK)
        return status;
    fprintf(stderr, "\r%" PRIu64 " of %" PRIu64 " files", progress.files_done, progress.files_planned);
    if (progress.fraction_done >= 0)
        fprintf(stderr, ", %3.0f %%", 100 * progress.fraction_done);
    return CHECKSIG_STATUS_OK;
}

static ChecksigStatus print_records(const ChecksigRun *run) {
    ChecksigStatus status = CHECKSIG_STATUS_OK;
    while (status == CHECKSIG_STATUS_OK) {
        ChecksigBatch *batch = NULL;
        status = checksig_run_next_batch(run, 100, &batch);
        if (status == CHECKSIG_STATUS_OK)
            status = print_failures(batch);
        else if (status == CHECKSIG_STATUS_WAITING)
            status = show_progress(run);
        checksig_batch_free(batch);
    }
    return status;
}

static ChecksigStatus print_summary(const ChecksigRun *run, int *passed) {
    ChecksigReport *report = NULL;
    ChecksigSummary summary;
    uint64_t unlisted = 0;
    ChecksigStatus status = checksig_run_report(run, &report);
    if (status == CHECKSIG_STATUS_OK)
        status = checksig_report_summary(report, &summary);
    if (status == CHECKSIG_STATUS_OK)
        status = checksig_report_count(report, CHECKSIG_OUTCOME_UNLISTED, &unlisted);
    if (status == CHECKSIG_STATUS_OK) {
        *passed = summary.verdict == CHECKSIG_VERDICT_PASS;
        printf("%s: %" PRIu64 " files, %" PRIu64 " failed, %" PRIu64 " of them unlisted, %" PRIu64 " moved, %" PRIu64
               " excluded; format %.*s\n",
               *passed ? "pass" : "fail", summary.files, summary.files_failed, unlisted, summary.moved,
               summary.excluded, (int)summary.format.len, summary.format.data);
    }
    checksig_report_free(report);
    return status;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: %s DIRECTORY [PATTERN...]\n", argv[0]);
        return 2;
    }
    ChecksigOptions *options = NULL;
    ChecksigRun *run = NULL;
    int passed = 0;
    ChecksigStatus status = checksig_options_new(&options);
    for (int i = 2; status == CHECKSIG_STATUS_OK && i < argc; i++)
        status = checksig_options_add_exclude(options, argv[i], strlen(argv[i]));
    if (status == CHECKSIG_STATUS_OK)
        status = checksig_run_start_audit(argv[1], strlen(argv[1]), options, &run);
    if (status == CHECKSIG_STATUS_OK && (status = print_records(run)) == CHECKSIG_STATUS_FINISHED)
        status = print_summary(run, &passed);
    if (status != CHECKSIG_STATUS_OK)
        fprintf(stderr, "%s: %s\n", argv[0], checksig_last_error());
    checksig_run_free(run);
    checksig_options_free(options);
    return status != CHECKSIG_STATUS_OK ? 2 : passed ? 0 : 1;
}
