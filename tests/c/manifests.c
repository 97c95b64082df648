// manifests FOLDER: manifests without a run, read and written, and bytes hashed as they come.
//
// FOLDER is empty and the current directory's; what is wrong ends the program.

#include <sys/stat.h>

#include "check.h"

#define ABC "a9993e364706816aba3e25717850c26c9cd0d89d"
#define EMPTY "da39a3ee5e6b4b0d3255bfef95601890afd80709"

static ChecksigManifest *open_manifest(const char *path, const char *format) {
    ChecksigManifest *manifest = NULL;
    DONE(checksig_manifest_open(TEXT(path), TEXT(format), &manifest));
    return manifest;
}

static void lines_come_as_they_stand(void) {
    write_file("m", "# comment\n" ABC "  a b\n\nnonsense\n\\" EMPTY "  c\\nd\nSHA1 (e) = " EMPTY "\n");
    ChecksigManifest *manifest = open_manifest("m", "auto");
    ChecksigText format;
    DONE(checksig_manifest_format(manifest, &format));
    CHECK(format.data == NULL && format.len == 0);
    ChecksigBatch *batch = NULL;
    DONE(checksig_manifest_next_batch(manifest, &batch));
    DONE(checksig_manifest_format(manifest, &format));
    CHECK(is_text(format, "mixed"));
    ChecksigBatch *none = batch;
    EXPECT(CHECKSIG_STATUS_FINISHED, checksig_manifest_next_batch(manifest, &none));
    EXPECT(CHECKSIG_STATUS_FINISHED, checksig_manifest_next_batch(manifest, &none));
    CHECK(none == batch);
    // The batch outlives it.
    checksig_manifest_free(manifest);
    size_t count = 0;
    DONE(checksig_batch_len(batch, &count));
    CHECK(count == 4);
    ChecksigRecord record;
    DONE(checksig_batch_record(batch, 0, &record));
    CHECK(record.kind == CHECKSIG_RECORD_KIND_FILE && record.outcome == CHECKSIG_OUTCOME_NOT_CHECKED);
    CHECK(record.line == 2 && is_text(record.name, "a b") && record.expected[0] == 0xa9 && record.actual == NULL);
    DONE(checksig_batch_record(batch, 1, &record));
    CHECK(record.kind == CHECKSIG_RECORD_KIND_MALFORMED && record.line_error == CHECKSIG_LINE_ERROR_FORM);
    CHECK(record.line == 4 && is_text(record.name, "nonsense") && record.expected == NULL && record.reason.len > 0);
    DONE(checksig_batch_record(batch, 2, &record));
    CHECK(record.line == 5 && is_text(record.name, "c\nd"));
    checksig_batch_free(batch);
}

static void what_is_no_manifest_is_refused(void) {
    ChecksigManifest *manifest = NULL;
    EXPECT(CHECKSIG_STATUS_MANIFEST_NOT_FOUND, checksig_manifest_open(TEXT("none"), TEXT("auto"), &manifest));
    CHECK(mkfifo("fifo", 0666) == 0);
    EXPECT(CHECKSIG_STATUS_MANIFEST_NOT_REGULAR, checksig_manifest_open(TEXT("fifo"), TEXT("auto"), &manifest));
    EXPECT(CHECKSIG_STATUS_BAD_OPTION, checksig_manifest_open(TEXT("m"), TEXT("md5"), &manifest));
    EXPECT(CHECKSIG_STATUS_BAD_OPTION, checksig_manifest_open(TEXT("m"), TEXT("gnu-binary"), &manifest));
    CHECK(manifest == NULL);
}

// More lines than a batch has, so that some are still to be read.
static void a_manifest_that_changes_is_no_list(void) {
    FILE *file = fopen("long", "wb");
    CHECK(file != NULL);
    for (int i = 0; i < 10000; i++)
        fprintf(file, EMPTY "  name-%d\n", i);
    CHECK(fclose(file) == 0);
    ChecksigManifest *manifest = open_manifest("long", "gnu");
    ChecksigBatch *batch = NULL;
    DONE(checksig_manifest_next_batch(manifest, &batch));
    checksig_batch_free(batch);
    file = fopen("long", "ab");
    CHECK(file != NULL && fputs(EMPTY "  more\n", file) >= 0 && fclose(file) == 0);
    ChecksigStatus status;
    size_t lines = 0;
    while ((status = checksig_manifest_next_batch(manifest, &batch)) == CHECKSIG_STATUS_OK) {
        size_t count = 0;
        DONE(checksig_batch_len(batch, &count));
        lines += count;
        checksig_batch_free(batch);
    }
    CHECK(status == CHECKSIG_STATUS_MANIFEST_CHANGED && lines > 9000);
    CHECK(says("changed while it was read"));
    // Who asks once more is not told that it was read whole.
    EXPECT(CHECKSIG_STATUS_NULL_ARGUMENT, checksig_manifest_next_batch(manifest, NULL));
    EXPECT(CHECKSIG_STATUS_MANIFEST_CHANGED, checksig_manifest_next_batch(manifest, &batch));
    CHECK(says("changed while it was read"));
    checksig_manifest_free(manifest);
}

static void entries_are_written_whole_or_not_at_all(void) {
    const uint8_t digest[20] = {0xab};
    ChecksigEntry entries[] = {{{"a\nb", 3}, digest}, {{" x", 2}, digest}, {{"", 0}, digest}};
    size_t before = count_own("fd");
    DONE(checksig_manifest_write(TEXT("new"), TEXT("auto"), entries, 2, 0));
    const char *gnu = "\\ab00000000000000000000000000000000000000  a\\nb\n"
                      "ab00000000000000000000000000000000000000   x\n";
    CHECK(file_is("new", gnu));
    EXPECT(CHECKSIG_STATUS_MANIFEST_EXISTS, checksig_manifest_write(TEXT("new"), TEXT("bsd"), entries, 2, 0));
    CHECK(checksig_last_error_number() != 0);
    EXPECT(CHECKSIG_STATUS_BAD_ARGUMENT, checksig_manifest_write(TEXT("new"), TEXT("bagit"), entries, 2, 1));
    CHECK(says("entry 1: ") && says("blank"));
    EXPECT(CHECKSIG_STATUS_BAD_ARGUMENT, checksig_manifest_write(TEXT("new"), TEXT("gnu"), entries, 3, 1));
    CHECK(says("entry 2: ") && file_is("new", gnu));
    DONE(checksig_manifest_write(TEXT("new"), TEXT("bsd"), entries + 1, 1, 1));
    CHECK(file_is("new", "SHA1 ( x) = ab00000000000000000000000000000000000000\n"));
    DONE(checksig_manifest_write(TEXT("new"), TEXT("gnu"), NULL, 0, 1));
    CHECK(file_is("new", ""));
    EXPECT(CHECKSIG_STATUS_MANIFEST_NOT_REGULAR, checksig_manifest_write(TEXT("fifo"), TEXT("gnu"), entries, 1, 1));
    EXPECT(CHECKSIG_STATUS_MANIFEST_UNWRITABLE, checksig_manifest_write(TEXT("none/m"), TEXT("gnu"), entries, 1, 1));
    EXPECT(CHECKSIG_STATUS_BAD_OPTION, checksig_manifest_write(TEXT("new"), TEXT("gnu"), entries, 1, 7));
    EXPECT(CHECKSIG_STATUS_BAD_ARGUMENT, checksig_manifest_write("a\0b", 3, TEXT("gnu"), entries, 1, 1));
    entries[1].digest = NULL;
    EXPECT(CHECKSIG_STATUS_NULL_ARGUMENT, checksig_manifest_write(TEXT("new"), TEXT("gnu"), entries, 2, 1));
    CHECK(says("entries[1].digest"));
    entries[1].name.data = NULL;
    EXPECT(CHECKSIG_STATUS_NULL_ARGUMENT, checksig_manifest_write(TEXT("new"), TEXT("gnu"), entries, 2, 1));
    CHECK(says("entries[1].name"));
    entries[0].name.len = SIZE_MAX;
    EXPECT(CHECKSIG_STATUS_BAD_ARGUMENT, checksig_manifest_write(TEXT("new"), TEXT("gnu"), entries, 1, 1));
    CHECK(file_is("new", "") && count_own("fd") == before);
}

// To sha1sum "-" is standard input; a bag has no such names.
static void a_file_is_never_listed_by_the_name_of_standard_input(void) {
    const uint8_t digest[20] = {0xab};
    ChecksigEntry entry = {{"-", 1}, digest};
    DONE(checksig_manifest_write(TEXT("dash"), TEXT("gnu"), &entry, 1, 0));
    CHECK(file_is("dash", "ab00000000000000000000000000000000000000  ./-\n"));
    DONE(checksig_manifest_write(TEXT("dash"), TEXT("bagit"), &entry, 1, 1));
    CHECK(file_is("dash", "ab00000000000000000000000000000000000000  -\n"));
}

static void is_digest(const ChecksigHasher *hasher, const char *hex) {
    uint8_t digest[20];
    char text[41];
    DONE(checksig_hasher_finish(hasher, digest));
    for (int i = 0; i < 20; i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    CHECK(strcmp(text, hex) == 0);
}

static void bytes_are_hashed_as_they_come(void) {
    ChecksigHasher *hasher = NULL, *other = NULL;
    DONE(checksig_hasher_new(&hasher));
    is_digest(hasher, EMPTY);
    DONE(checksig_hasher_update(hasher, NULL, 0));
    DONE(checksig_hasher_update(hasher, "a", 1));
    DONE(checksig_hasher_copy(hasher, &other));
    DONE(checksig_hasher_update(hasher, "bc", 2));
    is_digest(hasher, ABC);
    // Neither the copy nor the digest asked for before has a part in it.
    DONE(checksig_hasher_update(other, "bc", 2));
    is_digest(other, ABC);
    is_digest(hasher, ABC);
    DONE(checksig_hasher_reset(hasher));
    is_digest(hasher, EMPTY);
    // The second example of FIPS 180: 56 bytes, so that the padding needs a block of its own.
    DONE(checksig_hasher_update(hasher, TEXT("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")));
    is_digest(hasher, "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
    EXPECT(CHECKSIG_STATUS_NULL_ARGUMENT, checksig_hasher_update(hasher, NULL, 1));
    EXPECT(CHECKSIG_STATUS_BAD_ARGUMENT, checksig_hasher_update(hasher, "x", SIZE_MAX));
    is_digest(hasher, "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
    checksig_hasher_free(hasher);
    checksig_hasher_free(other);
}

int main(int argc, char **argv) {
    CHECK(argc == 2 && chdir(argv[1]) == 0);
    lines_come_as_they_stand();
    what_is_no_manifest_is_refused();
    a_manifest_that_changes_is_no_list();
    entries_are_written_whole_or_not_at_all();
    a_file_is_never_listed_by_the_name_of_standard_input();
    bytes_are_hashed_as_they_come();
    puts("manifests: all as it should be");
    return 0;
}
