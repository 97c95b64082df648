// many_calls FOLDER: 100 000 small uses of the library, after which the process is no greater than after the first.
//
// FOLDER is empty and the current directory's; what is wrong ends the program.

#include <malloc.h>
#include <sys/stat.h>

#include "check.h"

#define ROUNDS 100000
// So many make the heap what it will be.
#define FIRST_ROUNDS 5000
#define GROWTH_BYTES_MAX (1 << 20)
#define EMPTY "da39a3ee5e6b4b0d3255bfef95601890afd80709"

// Of the heap and the stacks. What is mapped of the library's own file grows with what has been run of it.
static size_t own_bytes(void) {
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    unsigned long kib = 0;
    CHECK(file != NULL);
    while (kib == 0 && fgets(line, sizeof line, file) != NULL)
        sscanf(line, "RssAnon: %lu", &kib);
    CHECK(fclose(file) == 0 && kib > 0);
    return kib << 10;
}

static void one_of_each(void) {
    ChecksigOptions *options = NULL;
    ChecksigHasher *hasher = NULL;
    ChecksigManifest *manifest = NULL;
    ChecksigBatch *batch = NULL;
    ChecksigRun *run = NULL;
    ChecksigBytes paths[] = {{"tree/a", 6}, {"tree/none", 9}};
    uint8_t digests[40];
    DONE(checksig_options_new(&options));
    DONE(checksig_options_add_exclude(options, TEXT("*.tmp")));
    EXPECT(CHECKSIG_STATUS_BAD_OPTION, checksig_options_set_format(options, TEXT("md5")));
    EXPECT(CHECKSIG_STATUS_BAD_OPTION, checksig_run_start(TEXT("tree"), options, &run));
    DONE(checksig_run_start_files(paths, 2, NULL, &run));
    batch = next_batch(run);
    checksig_batch_free(batch);
    CHECK(end(run).files_failed == 1);
    checksig_options_free(options);
    CHECK(checksig_check_signatures("tree") == NULL);
    char *wrong = checksig_check_signatures("none");
    CHECK(wrong != NULL);
    checksig_string_free(wrong);
    DONE(checksig_hash_many(paths, 2, digests));
    DONE(checksig_file_digest(TEXT("tree/a"), digests));
    DONE(checksig_hasher_new(&hasher));
    DONE(checksig_hasher_update(hasher, "abc", 3));
    DONE(checksig_hasher_finish(hasher, digests));
    checksig_hasher_free(hasher);
    DONE(checksig_manifest_open(TEXT("tree/sha1sum.txt"), TEXT("auto"), &manifest));
    DONE(checksig_manifest_next_batch(manifest, &batch));
    checksig_batch_free(batch);
    checksig_manifest_free(manifest);
}

// A run with threads of its own, as an audit has.
static void one_with_threads(void) {
    ChecksigRun *run = NULL;
    DONE(checksig_run_start_audit(TEXT("tree"), NULL, &run));
    CHECK(end(run).verdict == CHECKSIG_VERDICT_PASS);
}

static void rounds(int count) {
    for (int i = 0; i < count; i++) {
        one_of_each();
        if (i % 500 == 0)
            one_with_threads();
    }
}

int main(int argc, char **argv) {
#ifdef __GLIBC__
    // One heap for all threads: how many there would be otherwise depends on chance.
    mallopt(M_ARENA_MAX, 1);
#endif
    CHECK(argc == 2 && chdir(argv[1]) == 0);
    CHECK(mkdir("tree", 0777) == 0);
    write_file("tree/a", "");
    write_file("tree/sha1sum.txt", EMPTY "  a\n");
    rounds(FIRST_ROUNDS);
    size_t files = count_own("fd"), threads = count_own("task"), bytes = own_bytes();
    rounds(ROUNDS);
    size_t more = own_bytes();
    CHECK(count_own("fd") == files && settles("task", threads));
    printf("many_calls: %d rounds, %zu KiB before and %zu KiB after\n", ROUNDS, bytes >> 10, more >> 10);
    fflush(stdout);
    CHECK(more <= bytes + GROWTH_BYTES_MAX);
    return 0;
}
