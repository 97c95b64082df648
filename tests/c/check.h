// What the C programs of the tests share: checks that end the program and say where, and small files.
//
// Knows no test; each program is one.

#ifndef CHECK_H
#define CHECK_H

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checksig.h"

// A string as the two arguments that the library takes it by.
#define TEXT(text) (text), strlen(text)

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            fail(__FILE__, __LINE__, #condition);                                                                      \
    } while (0)

#define EXPECT(status, call)                                                                                           \
    do {                                                                                                               \
        ChecksigStatus found_ = (call);                                                                                \
        if (found_ != (status)) {                                                                                      \
            fprintf(stderr, "status %d, not %d: %s\n", (int)found_, (int)(status), checksig_last_error());             \
            fail(__FILE__, __LINE__, #call);                                                                           \
        }                                                                                                              \
    } while (0)

#define DONE(call) EXPECT(CHECKSIG_STATUS_OK, call)

static inline void fail(const char *file, int line, const char *what) {
    fprintf(stderr, "%s:%d: %s\n", file, line, what);
    abort();
}

static inline int says(const char *words) {
    return strstr(checksig_last_error(), words) != NULL;
}

static inline int is_text(ChecksigText text, const char *expected) {
    return text.len == strlen(expected) && (text.len == 0 || memcmp(text.data, expected, text.len) == 0);
}

static inline void write_file(const char *path, const char *text) {
    FILE *file = fopen(path, "wb");
    CHECK(file != NULL);
    CHECK(fputs(text, file) >= 0);
    CHECK(fclose(file) == 0);
}

static inline int file_is(const char *path, const char *expected) {
    char text[4096] = {0};
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    size_t len = fread(text, 1, sizeof text - 1, file);
    CHECK(fclose(file) == 0);
    return len == strlen(expected) && memcmp(text, expected, len) == 0;
}

// Names in a directory of /proc/self: "fd" for open files, "task" for threads.
static inline size_t count_own(const char *what) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/%s", what);
    DIR *directory = opendir(path);
    CHECK(directory != NULL);
    size_t count = 0;
    while (readdir(directory) != NULL)
        count++;
    closedir(directory);
    return count;
}

// Whether there come to be so many of them: Linux shows a thread for a moment after it was joined.
static inline int settles(const char *what, size_t count) {
    for (int i = 0; i < 500 && count_own(what) != count; i++)
        usleep(10000);
    return count_own(what) == count;
}

// The next batch of a run, or NULL at its end.
static inline ChecksigBatch *next_batch(const ChecksigRun *run) {
    ChecksigBatch *batch = NULL;
    ChecksigStatus status;
    while ((status = checksig_run_next_batch(run, 100, &batch)) == CHECKSIG_STATUS_WAITING)
        ;
    CHECK(status == CHECKSIG_STATUS_OK || status == CHECKSIG_STATUS_FINISHED);
    return batch;
}

// Looks at every record that a run still has, and gives their number.
static inline size_t each_record(const ChecksigRun *run, void (*look)(const ChecksigRecord *)) {
    size_t all = 0;
    for (ChecksigBatch *batch; (batch = next_batch(run)) != NULL; checksig_batch_free(batch)) {
        size_t count = 0;
        DONE(checksig_batch_len(batch, &count));
        for (size_t i = 0; i < count; i++) {
            ChecksigRecord record;
            DONE(checksig_batch_record(batch, i, &record));
            look(&record);
        }
        all += count;
    }
    return all;
}

// The numbers of a run, which is freed.
static inline ChecksigSummary end(ChecksigRun *run) {
    ChecksigReport *report = NULL;
    ChecksigSummary summary;
    DONE(checksig_run_report(run, &report));
    DONE(checksig_report_summary(report, &summary));
    checksig_report_free(report);
    checksig_run_free(run);
    return summary;
}

#endif
