/*
 * The programs of fx-strace-exec, fx-strace-stderr (threads) and fx-strace-ids (ids):
 *
 *   cc -w -O -pthread -DTHREADS strace-programs.c -o threads
 *   cc -w -O -DIDS strace-programs.c -o ids
 *   env -i PATH=/usr/bin:/bin LANG=C strace -f -ttt -T -o fx-strace-exec.strace ./threads x
 *   env -i PATH=/usr/bin:/bin LANG=C strace -f -ttt -T ./threads 2> fx-strace-stderr.strace
 *   env -i PATH=/usr/bin:/bin LANG=C strace -f -tt -y -o fx-strace-ids.strace ./ids
 */
#define _GNU_SOURCE
#ifdef THREADS
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>
static void *run(void *which) {
  usleep(1000);
  if (which) execl("/bin/true", "true", (char *)0);
  pause();
  return 0;
}
int main(int argc, char **argv) {
  pthread_t thread[3];
  for (int i = 0; i < 3; i++) pthread_create(&thread[i], 0, run, argc > 1 && i == 1 ? &thread : 0);
  if (argc > 1) pause();
  usleep(3000);
  fprintf(stderr, "bye\nfrom all\n");
  return 0;
}
#endif
#ifdef IDS
#include <signal.h>
#include <grp.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
static void child(int which) {
  switch (which) {
    case 0: setuid(1000); break;
    case 1: setresuid(-1, 1000, -1); setresuid(-1, 0, -1); break;
    case 2: setgid(1000); setgroups(0, 0); break;
    case 3: setfsuid(5); setfsuid(-1); break;
    case 4: prctl(PR_SET_NAME, "na) = 5 \"me\""); setresgid(-1, -1, -1); break;
    case 5: setuid(0); syscall(158, 0x1021, 1); syscall(500, 1, 2, 3); break;
  }
  char *p = mmap(0, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  p[0] = 1;
  mprotect(p, 4096, PROT_READ);
  madvise(p, 8192, MADV_DONTNEED);
  munmap(p, 16384);
  access("x) = 5 <unfinished ...>", F_OK);
  _exit(which);
}
int main(void) {
  getuid(); geteuid(); getgid(); getegid();
  for (int i = 0; i < 6; i++) if (fork() == 0) child(i);
  while (wait(0) > 0);
  if (vfork() == 0) execl("/bin/true", "true", (char *)0);
  kill(getpid(), 9);
}
#endif
