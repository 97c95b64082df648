// verbs FOLDER: a tree's whole life by the C API: created, audited, moved about, audited again, with every option.
//
// FOLDER is empty and the current directory's; what is wrong ends the program.

#include <inttypes.h>
#include <sys/stat.h>

#include "check.h"

#define ABC "a9993e364706816aba3e25717850c26c9cd0d89d"
#define EMPTY "da39a3ee5e6b4b0d3255bfef95601890afd80709"

static ChecksigOptions *options(void) {
    ChecksigOptions *options = NULL;
    DONE(checksig_options_new(&options));
    return options;
}

static ChecksigSummary create(ChecksigOptions *options) {
    ChecksigRun *run = NULL;
    DONE(checksig_run_start_create(TEXT("tree"), options, &run));
    return end(run);
}

static ChecksigSummary audit(ChecksigOptions *options) {
    ChecksigRun *run = NULL;
    DONE(checksig_run_start_audit(TEXT("tree"), options, &run));
    return end(run);
}

static void look_at_created(const ChecksigRecord *record) {
    CHECK(record->line == 0 && record->moved_from.data == NULL && record->actual_again == NULL);
    if (is_text(record->name, "a")) {
        CHECK(record->outcome == CHECKSIG_OUTCOME_MATCH && record->size_bytes == 3);
        CHECK(record->expected[0] == 0xa9 && record->actual[19] == 0x9d);
        CHECK(record->file_kind == CHECKSIG_FILE_KIND_NONE);
    } else if (is_text(record->name, "fifo")) {
        CHECK(record->outcome == CHECKSIG_OUTCOME_NOT_REGULAR && record->size_bytes == -1);
        CHECK(record->file_kind == CHECKSIG_FILE_KIND_FIFO && record->actual == NULL);
    } else {
        CHECK(is_text(record->name, "link") || is_text(record->name, "sub/b"));
    }
}

static void a_manifest_is_created(void) {
    ChecksigOptions *chosen = options();
    ChecksigRun *run = NULL;
    DONE(checksig_options_add_exclude(chosen, TEXT("*.tmp")));
    DONE(checksig_options_add_exclude(chosen, TEXT("/cache/")));
    DONE(checksig_run_start_create(TEXT("tree"), chosen, &run));
    CHECK(each_record(run, look_at_created) == 4);
    // Before the report is asked for, nothing stands there.
    CHECK(access("tree/sha1sum.txt", F_OK) != 0);
    ChecksigSummary summary = end(run);
    CHECK(summary.verdict == CHECKSIG_VERDICT_PASS && summary.files == 4 && summary.files_failed == 0);
    CHECK(summary.excluded == 2 && summary.moved == 0 && is_text(summary.format, "gnu"));
    CHECK(file_is("tree/sha1sum.txt", ABC "  a\n" EMPTY "  sub/b\n"));

    EXPECT(CHECKSIG_STATUS_MANIFEST_EXISTS, checksig_run_start_create(TEXT("tree"), chosen, &run));
    DONE(checksig_options_set_overwrite(chosen, 1));
    DONE(checksig_options_set_format(chosen, TEXT("bsd")));
    summary = create(chosen);
    CHECK(summary.verdict == CHECKSIG_VERDICT_PASS);
    CHECK(file_is("tree/sha1sum.txt", "SHA1 (a) = " ABC "\nSHA1 (sub/b) = " EMPTY "\n"));
    checksig_options_free(chosen);
}

static void look_at_other_format(const ChecksigRecord *record) {
    CHECK(record->kind == CHECKSIG_RECORD_KIND_MALFORMED && record->line_error == CHECKSIG_LINE_ERROR_OTHER_FORMAT);
}

static void the_output_and_the_links_are_chosen(void) {
    ChecksigOptions *chosen = options();
    DONE(checksig_options_set_output(chosen, TEXT("elsewhere")));
    DONE(checksig_options_set_format(chosen, TEXT("gnu-binary")));
    DONE(checksig_options_set_follow(chosen, TEXT("inside")));
    DONE(checksig_options_add_exclude(chosen, TEXT("sha1sum.txt")));
    DONE(checksig_options_add_exclude(chosen, TEXT("*.tmp")));
    DONE(checksig_options_add_exclude(chosen, TEXT("cache")));
    CHECK(create(chosen).verdict == CHECKSIG_VERDICT_PASS);
    CHECK(file_is("elsewhere", ABC " *a\n" ABC " *link\n" EMPTY " *sub/b\n"));
    checksig_options_free(chosen);

    chosen = options();
    DONE(checksig_options_set_manifest(chosen, TEXT("elsewhere")));
    ChecksigRun *run = NULL;
    DONE(checksig_run_start(TEXT("tree"), chosen, &run));
    ChecksigSummary summary = end(run);
    CHECK(summary.files_failed == 1 && is_text(summary.format, "gnu"));
    DONE(checksig_options_set_follow(chosen, TEXT("inside")));
    DONE(checksig_options_set_format(chosen, TEXT("gnu")));
    DONE(checksig_run_start(TEXT("tree"), chosen, &run));
    summary = end(run);
    CHECK(summary.verdict == CHECKSIG_VERDICT_PASS && is_text(summary.format, "gnu"));
    DONE(checksig_options_set_format(chosen, TEXT("bsd")));
    DONE(checksig_run_start(TEXT("tree"), chosen, &run));
    CHECK(each_record(run, look_at_other_format) == 3);
    CHECK(end(run).malformed_lines == 3);
    checksig_options_free(chosen);
}

static size_t moved, links;

static void look_at_moved(const ChecksigRecord *record) {
    if (record->moved_from.data != NULL) {
        CHECK(is_text(record->name, "z") && is_text(record->moved_from, "a"));
        CHECK(record->outcome == CHECKSIG_OUTCOME_UNLISTED && record->line == 0 && record->expected == NULL);
        CHECK(record->file_kind == CHECKSIG_FILE_KIND_REGULAR && record->actual[0] == 0xa9);
        moved++;
    }
    links += record->file_kind == CHECKSIG_FILE_KIND_SYMLINK;
}

static void an_audit_tells_what_moved(void) {
    CHECK(rename("tree/a", "tree/z") == 0);
    ChecksigOptions *chosen = options();
    DONE(checksig_options_add_exclude(chosen, TEXT("*.tmp")));
    DONE(checksig_options_add_exclude(chosen, TEXT("fifo")));
    DONE(checksig_options_add_exclude(chosen, TEXT("cache/")));
    DONE(checksig_options_add_own(chosen, TEXT("tree/found.jsonl")));
    write_file("tree/found.jsonl", "{}");
    ChecksigRun *run = NULL;
    DONE(checksig_run_start_audit(TEXT("tree"), chosen, &run));
    CHECK(each_record(run, look_at_moved) == 4);
    CHECK(moved == 1 && links == 1);
    ChecksigProgress progress;
    DONE(checksig_run_progress(run, &progress));
    CHECK(progress.fraction_done == 1.0 && progress.files_expected == 4 && progress.bytes_expected == 3);
    CHECK(progress.names_walked == 3);
    ChecksigReport *report = NULL;
    ChecksigText text;
    DONE(checksig_run_report(run, &report));
    DONE(checksig_report_message(report, &text));
    CHECK(is_text(text, "\"tree/a\" - missing\n\"tree/link\" - unlisted: a symbolic link\n"
                        "\"tree/z\" - unlisted; moved from \"tree/a\""));
    ChecksigSummary summary;
    DONE(checksig_report_summary(report, &summary));
    CHECK(is_text(summary.format, "bsd") && is_text(summary.manifest, "tree/sha1sum.txt") && summary.formats == 1);
    DONE(checksig_report_format(report, 0, &text));
    CHECK(is_text(text, "bsd"));
    EXPECT(CHECKSIG_STATUS_BAD_ARGUMENT, checksig_report_format(report, 1, &text));
    checksig_report_free(report);
    summary = end(run);
    CHECK(summary.verdict == CHECKSIG_VERDICT_FAIL && summary.moved == 1 && summary.files == 4);
    CHECK(summary.excluded == 3);
    CHECK(rename("tree/z", "tree/a") == 0);
    DONE(checksig_options_add_exclude(chosen, TEXT("link")));
    CHECK(audit(chosen).verdict == CHECKSIG_VERDICT_PASS);
    checksig_options_free(chosen);
}

// Each says which option it is, and nothing is started.
static void an_option_that_the_verb_does_not_have_is_refused(void) {
    ChecksigRun *run = NULL;
    ChecksigBytes path = {"tree/a", 6};
    for (int i = 0; i < 8; i++) {
        const char *words[] = {"exclude", "own", "output", "overwrite", "manifest", "ordered", "format", "follow"};
        // Bits: verify, audit, create, files.
        const int refusing[] = {9, 13, 11, 11, 12, 4, 8, 8};
        ChecksigOptions *chosen = options();
        DONE(i == 0   ? checksig_options_add_exclude(chosen, TEXT("x"))
             : i == 1 ? checksig_options_add_own(chosen, TEXT("x"))
             : i == 2 ? checksig_options_set_output(chosen, TEXT("x"))
             : i == 3 ? checksig_options_set_overwrite(chosen, 1)
             : i == 4 ? checksig_options_set_manifest(chosen, TEXT("elsewhere"))
             : i == 5 ? checksig_options_set_ordered(chosen, 0)
             : i == 6 ? checksig_options_set_format(chosen, TEXT("gnu"))
                      : checksig_options_set_follow(chosen, TEXT("inside")));
        for (int verb = 0; verb < 4; verb++) {
            ChecksigStatus status = verb == 0   ? checksig_run_start(TEXT("tree"), chosen, &run)
                                    : verb == 1 ? checksig_run_start_audit(TEXT("tree"), chosen, &run)
                                    : verb == 2 ? checksig_run_start_create(TEXT("tree"), chosen, &run)
                                                : checksig_run_start_files(&path, 1, chosen, &run);
            if (refusing[i] & 1 << verb) {
                CHECK(status == CHECKSIG_STATUS_BAD_OPTION);
                CHECK(says(words[i]) && says("does not have it"));
            } else {
                // There is a manifest, which only one that is written elsewhere or may replace it leaves out of the way.
                int exists = verb == 2 && i != 2 && i != 3;
                CHECK(status == (exists ? CHECKSIG_STATUS_MANIFEST_EXISTS : CHECKSIG_STATUS_OK));
                if (!exists)
                    checksig_run_free(run);
            }
        }
        checksig_options_free(chosen);
    }
    ChecksigOptions *chosen = options();
    DONE(checksig_options_set_format(chosen, TEXT("gnu-binary")));
    EXPECT(CHECKSIG_STATUS_BAD_OPTION, checksig_run_start_audit(TEXT("tree"), chosen, &run));
    CHECK(says("format: gnu-binary is one to write"));
    checksig_options_free(chosen);
}

static void a_value_that_an_option_cannot_have_is_refused(void) {
    ChecksigOptions *chosen = options();
    EXPECT(CHECKSIG_STATUS_BAD_OPTION, checksig_options_set_format(chosen, TEXT("md5")));
    CHECK(says("format: there is no format \"md5\"") && says("bagit"));
    EXPECT(CHECKSIG_STATUS_BAD_OPTION, checksig_options_set_follow(chosen, TEXT("always")));
    CHECK(says("follow: ") && says("never and inside"));
    EXPECT(CHECKSIG_STATUS_BAD_OPTION, checksig_options_add_exclude(chosen, TEXT("[a")));
    CHECK(says("exclude: \"[a\": "));
    EXPECT(CHECKSIG_STATUS_BAD_OPTION, checksig_options_add_exclude(chosen, "\xff", 1));
    CHECK(says("exclude: ") && says("utf-8"));
    EXPECT(CHECKSIG_STATUS_BAD_OPTION, checksig_options_add_exclude(chosen, "", 0));
    EXPECT(CHECKSIG_STATUS_BAD_OPTION, checksig_options_set_overwrite(chosen, 2));
    EXPECT(CHECKSIG_STATUS_BAD_OPTION, checksig_options_set_ordered(chosen, UINT32_MAX));
    EXPECT(CHECKSIG_STATUS_BAD_OPTION, checksig_options_set_reader(chosen, TEXT("floppy")));
    EXPECT(CHECKSIG_STATUS_BAD_OPTION, checksig_options_set_kernel(chosen, TEXT("md5")));
    EXPECT(CHECKSIG_STATUS_BAD_OPTION, checksig_options_set_cache(chosen, TEXT("drop")));
    EXPECT(CHECKSIG_STATUS_BAD_ARGUMENT, checksig_options_set_output(chosen, "a\0b", 3));
    EXPECT(CHECKSIG_STATUS_BAD_ARGUMENT, checksig_options_add_own(chosen, "\0", 1));
    // None of them left a mark.
    CHECK(create(chosen).verdict == CHECKSIG_VERDICT_PASS);
    checksig_options_free(chosen);
}

static void nothing_is_written_where_nothing_passes(void) {
    ChecksigRun *run = NULL;
    CHECK(mkdir("bare", 0777) == 0 && mkdir("bare/d", 0777) == 0 && symlink("x", "bare/link") == 0);
    DONE(checksig_run_start_create(TEXT("bare"), NULL, &run));
    ChecksigReport *report = NULL;
    ChecksigText text;
    DONE(checksig_run_report(run, &report));
    DONE(checksig_report_message(report, &text));
    CHECK(is_text(text, "\"bare\" - no regular file, so no manifest was written"));
    checksig_report_free(report);
    CHECK(end(run).verdict == CHECKSIG_VERDICT_FAIL);
    CHECK(access("bare/sha1sum.txt", F_OK) != 0);
    // One that is freed before its report.
    DONE(checksig_run_start_create(TEXT("tree"), NULL, &run));
    checksig_run_free(run);
    CHECK(access("tree/sha1sum.txt", F_OK) != 0);
    EXPECT(CHECKSIG_STATUS_ROOT_NOT_DIRECTORY, checksig_run_start_create(TEXT("tree/a"), NULL, &run));
    EXPECT(CHECKSIG_STATUS_ROOT_NOT_FOUND, checksig_run_start_audit(TEXT("none"), NULL, &run));
    EXPECT(CHECKSIG_STATUS_MANIFEST_NOT_FOUND, checksig_run_start_audit(TEXT("tree"), NULL, &run));
    ChecksigOptions *chosen = options();
    DONE(checksig_options_set_output(chosen, TEXT("none/m")));
    EXPECT(CHECKSIG_STATUS_MANIFEST_UNWRITABLE, checksig_run_start_create(TEXT("tree"), chosen, &run));
    CHECK(checksig_last_error_number() == 2);
    DONE(checksig_options_set_output(chosen, TEXT("bare")));
    EXPECT(CHECKSIG_STATUS_MANIFEST_NOT_REGULAR, checksig_run_start_create(TEXT("tree"), chosen, &run));
    checksig_options_free(chosen);
}

// A bag's manifest is taken where there is no other; one that is named is named as it was.
static void a_message_names_the_manifest_that_was_taken(void) {
    CHECK(mkdir("bag", 0777) == 0);
    write_file("bag/manifest-sha1.txt", "");
    write_file("named", "");
    ChecksigOptions *chosen = options();
    DONE(checksig_options_set_manifest(chosen, TEXT("named")));
    typedef ChecksigStatus Start(const char *, size_t, const ChecksigOptions *, ChecksigRun **);
    Start *starts[] = {checksig_run_start, checksig_run_start_audit};
    for (int i = 0; i < 3; i++) {
        ChecksigRun *run = NULL;
        ChecksigReport *report = NULL;
        ChecksigText text;
        DONE(starts[i / 2](TEXT("bag"), i % 2 ? chosen : NULL, &run));
        DONE(checksig_run_report(run, &report));
        DONE(checksig_report_message(report, &text));
        const char *manifest = i % 2 ? "named" : "bag/manifest-sha1.txt";
        char expected[80];
        snprintf(expected, sizeof expected, "\"%s\" - lists no file, so nothing was verified", manifest);
        CHECK(is_text(text, expected));
        checksig_report_free(report);
        checksig_run_free(run);
    }
    checksig_options_free(chosen);
}

int main(int argc, char **argv) {
    CHECK(argc == 2 && chdir(argv[1]) == 0);
    CHECK(mkdir("tree", 0777) == 0 && mkdir("tree/sub", 0777) == 0 && mkdir("tree/cache", 0777) == 0);
    write_file("tree/a", "abc");
    write_file("tree/sub/b", "");
    write_file("tree/x.tmp", "x");
    write_file("tree/cache/one", "1");
    write_file("tree/cache/two.tmp", "2");
    CHECK(mkfifo("tree/fifo", 0666) == 0 && symlink("a", "tree/link") == 0);
    a_manifest_is_created();
    the_output_and_the_links_are_chosen();
    an_audit_tells_what_moved();
    an_option_that_the_verb_does_not_have_is_refused();
    CHECK(remove("tree/sha1sum.txt") == 0 && remove("tree/found.jsonl") == 0);
    a_value_that_an_option_cannot_have_is_refused();
    CHECK(remove("tree/sha1sum.txt") == 0);
    nothing_is_written_where_nothing_passes();
    a_message_names_the_manifest_that_was_taken();
    puts("verbs: all as it should be");
    return 0;
}
