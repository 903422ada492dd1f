import { describe, expect, test } from 'vitest';
import {
  applyCredentialCall,
  isCredentialCall,
  type CredentialChange,
  type Ids,
} from '../../src/replay/optout/credentials.ts';

const ROOT: Ids = { uid: 0, euid: 0, suid: 0, fsuid: 0, gid: 0, egid: 0, sgid: 0, fsgid: 0 };
const USER: Ids = { uid: 1000, euid: 1000, suid: 1000, fsuid: 1000, gid: 100, egid: 100, sgid: 100, fsgid: 100 };
/** A set-user-id program: started by 1000, with the rights of 7. */
const SET_ID: Ids = { ...USER, euid: 7, suid: 7, fsuid: 7 };
const NUMBERS: Readonly<Record<string, number>> = {
  ...{ getuid: 102, getgid: 104, setuid: 105, setgid: 106, geteuid: 107, getegid: 108, setreuid: 113, setregid: 114 },
  ...{ setresuid: 117, setresgid: 119, setfsuid: 122, setfsgid: 123 },
};
const LEAVE = -1;

const after = (ids: Ids, call: string, args: readonly number[], result = 0): CredentialChange =>
  applyCredentialCall(
    ids,
    NUMBERS[call],
    args.map((each) => BigInt.asUintN(64, BigInt(each))),
    BigInt(result),
  );

describe('ids after a call', () => {
  test.each([
    ['setuid of root sets all four', ROOT, 'setuid', [5], { uid: 5, euid: 5, suid: 5, fsuid: 5 }],
    ['setuid of others sets two', SET_ID, 'setuid', [1000], { uid: 1000, euid: 1000, suid: 7, fsuid: 1000 }],
    ['setgid of root sets all four', ROOT, 'setgid', [5], { gid: 5, egid: 5, sgid: 5, fsgid: 5 }],
    ['setgid of others sets two', { ...USER, sgid: 9 }, 'setgid', [9], { gid: 100, egid: 9, sgid: 9, fsgid: 9 }],
    ['setreuid of both: saved follows', ROOT, 'setreuid', [5, 6], { uid: 5, euid: 6, suid: 6, fsuid: 6 }],
    ['setreuid of the real one: saved is the effective', SET_ID, 'setreuid', [7, LEAVE], { uid: 7, euid: 7, suid: 7 }],
    ['setreuid of a new effective one: saved follows', ROOT, 'setreuid', [LEAVE, 5], { uid: 0, euid: 5, suid: 5 }],
    ['setreuid to the real one: saved stays', SET_ID, 'setreuid', [LEAVE, 1000], { uid: 1000, euid: 1000, suid: 7 }],
    ['setregid of both: saved follows', ROOT, 'setregid', [5, 6], { gid: 5, egid: 6, sgid: 6, fsgid: 6 }],
    ['setresuid sets what it names', ROOT, 'setresuid', [5, 6, 8], { uid: 5, euid: 6, suid: 8, fsuid: 6 }],
    ['setresuid leaves what it does not', ROOT, 'setresuid', [LEAVE, 6, LEAVE], { uid: 0, euid: 6, suid: 0, fsuid: 6 }],
    ['setresgid sets what it names', ROOT, 'setresgid', [5, LEAVE, 8], { gid: 5, egid: 0, sgid: 8, fsgid: 0 }],
    ['setfsuid of root sets one', ROOT, 'setfsuid', [5], { uid: 0, euid: 0, suid: 0, fsuid: 5 }],
    ['setfsgid of root sets one', ROOT, 'setfsgid', [5], { gid: 0, egid: 0, sgid: 0, fsgid: 5 }],
  ] as const)('%s', (_, ids, call, args, expected) => {
    const change = after(ids, call, args);
    expect(change.ids).toMatchObject(expected);
    expect(change).toMatchObject({ changed: true, called: true, learnt: false });
  });

  test.each([
    ['an error changes nothing', ROOT, 'setuid', [5], -1],
    ['EAGAIN changes nothing', ROOT, 'setresuid', [5, 5, 5], -11],
    ['a filesystem id that is none of its own is refused without an error', USER, 'setfsuid', [5], 1000],
    ['a filesystem id of -1 is a question', ROOT, 'setfsuid', [LEAVE], 0],
  ] as const)('%s', (_, ids, call, args, result) => {
    expect(after(ids, call, args, result)).toEqual({
      ids,
      changed: false,
      gained: false,
      gaveUpRoot: false,
      called: false,
      learnt: false,
    });
  });

  test.each([
    ['setuid', ROOT, [0]],
    ['setresuid', ROOT, [LEAVE, LEAVE, LEAVE]],
    ['setresuid', ROOT, [0, 0, 0]],
    ['setreuid', ROOT, [LEAVE, LEAVE]],
    ['setfsuid', USER, [1000]],
  ] as const)('%s to what the ids are is a call without a change', (call, ids, args) => {
    expect(after(ids, call, args, call === 'setfsuid' ? 1000 : 0)).toMatchObject({ ids, changed: false, called: true });
  });

  test('a filesystem id that was set apart follows the effective one again at the next setreuid', () => {
    expect(after({ ...ROOT, fsuid: 5 }, 'setreuid', [LEAVE, LEAVE])).toMatchObject({ ids: ROOT, changed: true });
  });

  test('only the low 32 bits of an argument count, so -1 is written either way', () => {
    const change = applyCredentialCall(
      ROOT,
      NUMBERS['setresuid'],
      [0xffff_ffffn, 0xffff_ffff_ffff_ffffn, 2n ** 40n],
      0n,
    );
    expect(change.ids).toEqual({ ...ROOT, suid: 0 });
  });
});

describe('a gain', () => {
  test.each([
    ['a new id', USER, 'setuid', [5], true],
    ['root, who could take any id, takes one', ROOT, 'setuid', [5], false],
    ['the saved id becomes the effective one', { ...USER, suid: 0 }, 'setresuid', [LEAVE, 0, LEAVE], false],
    ['the effective id becomes the real one', SET_ID, 'setreuid', [7, LEAVE], false],
  ] as const)('where %s: %s', (_, ids, call, args, gained) => {
    expect(after(ids, call, args)).toMatchObject({ changed: true, gained });
  });
});

describe('ids that are not known', () => {
  test.each([
    ['getuid', 'uid'],
    ['geteuid', 'euid'],
    ['getgid', 'gid'],
    ['getegid', 'egid'],
  ])('%s tells one', (call, id) => {
    expect(after({}, call, [], 33)).toMatchObject({ ids: { [id]: 33 }, changed: false, called: false, learnt: true });
  });

  test('what is known already is not learnt again', () => {
    expect(after(ROOT, 'getuid', [], 0)).toEqual({
      ids: ROOT,
      changed: false,
      gained: false,
      gaveUpRoot: false,
      called: false,
      learnt: false,
    });
  });

  test('setfsuid tells the one before, whether or not it took effect', () => {
    expect(after({}, 'setfsuid', [LEAVE], 33)).toMatchObject({ ids: { fsuid: 33 }, learnt: true, changed: false });
    expect(after({}, 'setfsuid', [5], 33)).toMatchObject({ ids: { fsuid: 33 }, learnt: true, changed: false });
  });

  test('without any known id the new value is the first', () => {
    expect(after({}, 'setresuid', [LEAVE, 0, LEAVE])).toMatchObject({
      ids: { euid: 0, fsuid: 0 },
      changed: false,
      learnt: true,
    });
  });

  test('a value other than a known id of the same kind is a change', () => {
    expect(after({ uid: 0 }, 'setresuid', [LEAVE, 5, LEAVE])).toMatchObject({ changed: true, learnt: true });
  });

  test('a known user id says nothing of group ids', () => {
    expect(after({ uid: 0 }, 'setresgid', [LEAVE, 5, LEAVE])).toMatchObject({ changed: false, learnt: true });
  });

  test('a value equal to a known id of the same kind is none', () => {
    expect(after({ uid: 5 }, 'setresuid', [LEAVE, 5, LEAVE])).toMatchObject({ changed: false, learnt: true });
  });
});

test('the calls that say something about ids are these twelve', () => {
  const calls = Array.from({ length: 500 }, (_, nr) => nr).filter(isCredentialCall);
  expect(calls).toEqual(Object.values(NUMBERS).sort((a, b) => a - b));
});
