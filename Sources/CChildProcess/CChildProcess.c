#include "CChildProcess.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

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
  execve(path, arguments, environment);
}

pid_t clipmorph_start_helper(
    const char *path, char *const arguments[], char *const environment[], const char *output) {
  int status[2] = {-1, -1};
  int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
  int log = open(output, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  pid_t child = -1;
  int failure = 0;
  if (input < 0 || log < 0 || pipe(status) != 0) {
    failure = errno;
  } else {
    fcntl(status[0], F_SETFD, FD_CLOEXEC);
    fcntl(status[1], F_SETFD, FD_CLOEXEC);
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
  // Closed by exec; what is read is the error of a child that did not get there.
  if (child > 0 && read(status[0], &failure, sizeof failure) > 0) child = -1;
  if (status[0] >= 0) close(status[0]);
  if (child < 0) errno = failure;
  return child;
}
