/*
 * A program that gives isolation up, and takes it back, by calls of its own. No kernel has these calls (arch_prctl codes 0x7001 to
 * 0x7003 mean nothing): each fails with EINVAL, which a replay is told to take as done. Every getppid lies between two known calls:
 *
 *   parent   100  off  200  fork child 1  wait  fork child 2  wait  on  300  off  70  seal  on  60
 *   child 1  40, inherited from its parent's state       child 2  execs this program again, then 50
 *
 *   cc -O2 -static opt-out-calls.c -o opt-out-calls
 */
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OFF = 0x7001, ON = 0x7002, SEAL = 0x7003 };

static void ask(int code) { syscall(SYS_arch_prctl, code, 1L); }
static void work(int calls) {
  while (calls-- > 0) syscall(SYS_getppid);
}

int main(int argc, char **argv) {
  if (argc > 1) {
    work(50);
    return 0;
  }
  work(100);
  ask(OFF);
  work(200);
  if (fork() == 0) {
    work(40);
    _exit(0);
  }
  wait(0);
  if (fork() == 0) {
    execl(argv[0], argv[0], "again", (char *)0);
    _exit(1);
  }
  wait(0);
  ask(ON);
  work(300);
  ask(OFF);
  work(70);
  ask(SEAL);
  ask(ON);
  work(60);
  return 0;
}
