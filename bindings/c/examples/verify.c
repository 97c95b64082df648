// verify DIRECTORY [READER [KERNEL]]: pulls the records of a run, shows the failures as they come, then the summary.
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

static void print_digest(const char *label, const uint8_t *digest) {
    if (digest == NULL)
        return;
    printf("  %s ", label);
    for (int i = 0; i < 20; i++)
        printf("%02x", digest[i]);
    putchar('\n');
}

static ChecksigStatus print_failures(const ChecksigBatch *batch) {
    ChecksigStatus status;
    size_t index = 0;
    while ((status = checksig_batch_next_failure(batch, index, &index)) == CHECKSIG_STATUS_OK) {
        ChecksigRecord record;
        status = checksig_batch_record(batch, index, &record);
        if (status != CHECKSIG_STATUS_OK)
            return status;
        printf("line %" PRIu64 ": ", record.line);
        print_name(record.name);
        printf(": %.*s\n", (int)record.reason.len, record.reason.data);
        print_digest("listed", record.expected);
        print_digest("found ", record.actual);
        index++;
    }
    return status;
}

static ChecksigStatus print_run(const ChecksigRun *run, int *passed) {
    ChecksigStatus status;
    do {
        ChecksigBatch *batch = NULL;
        // A program with a window would use the waiting to stay alive, and one with a user to look for Ctrl-C.
        status = checksig_run_next_batch(run, 100, &batch);
        if (status == CHECKSIG_STATUS_OK) {
            ChecksigStatus printed = print_failures(batch);
            checksig_batch_free(batch);
            if (printed != CHECKSIG_STATUS_FINISHED)
                return printed;
        }
    } while (status == CHECKSIG_STATUS_OK || status == CHECKSIG_STATUS_WAITING);
    if (status != CHECKSIG_STATUS_FINISHED)
        return status;

    ChecksigReport *report = NULL;
    status = checksig_run_report(run, &report);
    if (status != CHECKSIG_STATUS_OK)
        return status;
    ChecksigSummary summary;
    status = checksig_report_summary(report, &summary);
    if (status == CHECKSIG_STATUS_OK) {
        *passed = summary.verdict == CHECKSIG_VERDICT_PASS;
        printf("%s: %" PRIu64 " files, %" PRIu64 " failed, %" PRIu64 " malformed lines, %" PRIu64 " bytes\n",
               *passed ? "pass" : "fail", summary.files, summary.files_failed, summary.malformed_lines, summary.bytes);
    }
    checksig_report_free(report);
    return status;
}

int main(int argc, char **argv) {
    if (argc < 2 || argc > 4) {
        fprintf(stderr, "usage: %s DIRECTORY [READER [KERNEL]]\n", argv[0]);
        return 2;
    }
    ChecksigOptions *options = NULL;
    ChecksigRun *run = NULL;
    int passed = 0;
    ChecksigStatus status = checksig_options_new(&options);
    if (status == CHECKSIG_STATUS_OK && argc >= 3)
        status = checksig_options_set_reader(options, argv[2], strlen(argv[2]));
    if (status == CHECKSIG_STATUS_OK && argc >= 4)
        status = checksig_options_set_kernel(options, argv[3], strlen(argv[3]));
    if (status == CHECKSIG_STATUS_OK)
        status = checksig_run_start(argv[1], strlen(argv[1]), options, &run);
    if (status == CHECKSIG_STATUS_OK)
        status = print_run(run, &passed);
    if (status != CHECKSIG_STATUS_OK)
        fprintf(stderr, "%s: %s\n", argv[0], checksig_last_error());
    checksig_run_free(run);
    checksig_options_free(options);
    return status != CHECKSIG_STATUS_OK ? 2 : passed ? 0 : 1;
}
