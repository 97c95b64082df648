// check_signatures DIRECTORY: the whole check in one call.
//
// Shows no options and no details; see verify.c for those.

#include <stdio.h>

#include "checksig.h"

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
        return 2;
    }
    char *wrong = checksig_check_signatures(argv[1]);
    if (wrong == NULL) {
        puts("every file matches");
        return 0;
    }
    printf("%s\n", wrong);
    checksig_string_free(wrong);
    return 1;
}
