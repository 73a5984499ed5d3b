#ifndef CCHILDPROCESS_H
#define CCHILDPROCESS_H

#include <sys/types.h>

/// Starts a program as a helper of this one: without input, with its output at the end of a file, in a process group of its own, so that Ctrl-C in
/// the terminal does not reach it, and with default signal handling. On Linux it gets SIGTERM when the thread that has started it ends, however
/// that happens: a killed program leaves no helper behind.
///
/// path: the program's file. arguments, environment: ended by NULL. output: the file's path.
/// Gives the process's number, or -1 with errno set where it could not be started.
pid_t clipmorph_start_helper(
    const char *path, char *const arguments[], char *const environment[], const char *output);

#endif
