// boundary FOLDER: every function of the header, with each pointer NULL and each length too great in its turn.
//
// The calls are in calls.inc, which the test makes from the header, so that none is forgotten. FOLDER is empty and the
// current directory's; what is wrong ends the program.

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "check.h"

// Where outputs would go; nothing may.
static union {
    max_align_t aligned;
    unsigned char bytes[256];
} room;
#define OUT ((void *)&room)

// The call fails with this status, says so in words, and writes no output.
#define REFUSED(status, words, call)                                                                                   \
    do {                                                                                                               \
        memset(&room, 0x5a, sizeof room);                                                                              \
        EXPECT(status, call);                                                                                          \
        CHECK(says(words));                                                                                            \
        for (size_t at = 0; at < sizeof room; at++)                                                                    \
            CHECK(room.bytes[at] == 0x5a);                                                                             \
        refused++;                                                                                                     \
    } while (0)

int main(int argc, char **argv) {
    size_t refused = 0;
    uint8_t digest[20] = {0};
    const ChecksigBytes lent = {"tree/a", 6};
    const ChecksigEntry entry = {lent, digest};
    ChecksigOptions *options = NULL;
    ChecksigRun *run = NULL;
    ChecksigReport *report = NULL;
    ChecksigHasher *hasher = NULL;
    ChecksigManifest *manifest = NULL;
    CHECK(argc == 2 && chdir(argv[1]) == 0 && mkdir("tree", 0777) == 0);
    write_file("tree/a", "");
    write_file("tree/sha1sum.txt", "da39a3ee5e6b4b0d3255bfef95601890afd80709  a\n");
    DONE(checksig_options_new(&options));
    DONE(checksig_hasher_new(&hasher));
    DONE(checksig_manifest_open(TEXT("tree/sha1sum.txt"), TEXT("auto"), &manifest));
    DONE(checksig_run_start(TEXT("tree"), NULL, &run));
    ChecksigBatch *batch = next_batch(run);
    DONE(checksig_run_report(run, &report));
    size_t files = count_own("fd"), threads = count_own("task");

#include "calls.inc"

    // A refusal leaves nothing behind, and does its handle no harm.
    CHECK(count_own("fd") == files && settles("task", threads));
    CHECK(access("new", F_OK) != 0);
    char *wrong = checksig_check_signatures(NULL);
    CHECK(wrong != NULL && strstr(wrong, "root is NULL") != NULL);
    checksig_string_free(wrong);
    checksig_batch_free(batch);
    checksig_report_free(report);
    DONE(checksig_manifest_next_batch(manifest, &batch));
    checksig_batch_free(batch);
    checksig_manifest_free(manifest);
    DONE(checksig_hasher_finish(hasher, digest));
    CHECK(digest[0] == 0xda);
    checksig_hasher_free(hasher);
    checksig_options_free(options);
    CHECK(end(run).verdict == CHECKSIG_VERDICT_PASS);
    printf("boundary: %zu calls refused\n", refused);
    return 0;
}
