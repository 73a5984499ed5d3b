#define _GNU_SOURCE  // pipe2, close_range
#include "CChildProcess.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

// Both ends are closed by exec. Where that takes two calls, a process started between them by another thread keeps the ends open.
static int make_pipe(int ends[2]) {
#ifdef __linux__
  return pipe2(ends, O_CLOEXEC);
#else
  if (pipe(ends) != 0) return -1;
  fcntl(ends[0], F_SETFD, FD_CLOEXEC);
  fcntl(ends[1], F_SETFD, FD_CLOEXEC);
  return 0;
#endif
}

// Nothing else that is open here stays open there: a file would count as being written, a lock as held, for as long as the helper lives.
static void close_others_on_exec(void) {
#ifdef CLOSE_RANGE_CLOEXEC
  if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return;
#endif
  long end = sysconf(_SC_OPEN_MAX);
  if (end < 0 || end > 65536) end = 65536;
  for (int descriptor = 3; descriptor < end; descriptor++) fcntl(descriptor, F_SETFD, FD_CLOEXEC);
}

// What the child does between fork and exec must be safe in a copy of a program with threads: system calls only.
static void become_helper(
    const char *path, char *const arguments[], char *const environment[], int input, int output, pid_t parent) {
  setpgid(0, 0);
#ifdef __linux__
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) return;
#else
  (void)parent;
#endif
  const int defaults[] = {SIGINT, SIGTERM, SIGPIPE, SIGHUP};
  for (size_t index = 0; index < sizeof defaults / sizeof *defaults; index++) signal(defaults[index], SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0) return;
  close_others_on_exec();
  execve(path, arguments, environment);
}

static pid_t start_once(
    const char *path, char *const arguments[], char *const environment[], const char *output) {
  int status[2] = {-1, -1};
  int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
  int log = open(output, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  pid_t child = -1;
  int failure = 0;
  if (input < 0 || log < 0 || make_pipe(status) != 0) {
    failure = errno;
  } else {
    pid_t parent = getpid();
    child = fork();
    if (child == 0) {
      become_helper(path, arguments, environment, input, log, parent);
      int error = errno;
      (void)!write(status[1], &error, sizeof error);
      _exit(127);
    }
    if (child < 0) failure = errno;
  }
  if (input >= 0) close(input);
  if (log >= 0) close(log);
  if (status[1] >= 0) close(status[1]);
  if (child > 0) {
    // Closed by exec; what is read is the error of a child that did not get there.
    ssize_t count;
    while ((count = read(status[0], &failure, sizeof failure)) < 0 && errno == EINTR) continue;
    if (count > 0) {
      while (waitpid(child, NULL, 0) < 0 && errno == EINTR) continue;
      child = -1;
    }
  }
  if (status[0] >= 0) close(status[0]);
  if (child < 0) errno = failure;
  return child;
}

// A program that has just been written is busy for as long as a process that another thread starts, between its own fork and exec, has the
// writer's descriptor. Only a new child has a new copy of what is open.
pid_t clipmorph_start_helper(
    const char *path, char *const arguments[], char *const environment[], const char *output) {
  for (int tries = 1;; tries++) {
    pid_t child = start_once(path, arguments, environment, output);
    if (child > 0 || errno != ETXTBSY || tries == 100) return child;
    poll(NULL, 0, 10);  // milliseconds
  }
}
