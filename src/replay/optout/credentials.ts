/**
 * The ids of a process, as far as a trace shows them. Traces do not show the ids at their start: those come from the first call
 * that tells one, and every id that is not known stays unknown. Rules: linux kernel/sys.c, setresuid(2) and friends.
 */

/** The ids that the opt-out rules look at; undefined = not known. */
export interface Ids {
  readonly uid?: number | undefined;
  readonly euid?: number | undefined;
  readonly suid?: number | undefined;
  readonly fsuid?: number | undefined;
  readonly gid?: number | undefined;
  readonly egid?: number | undefined;
  readonly sgid?: number | undefined;
  readonly fsgid?: number | undefined;
}
type Id = keyof Ids;

export interface CredentialChange {
  readonly ids: Ids;
  /** An id is known to differ from before. */
  readonly changed: boolean;
  /**
   * A known new id was none of the known real, effective and saved ids before, and the caller was not root, who can take any id:
   * dropping to another user gains nothing.
   */
  readonly gained: boolean;
  /** Of the user ids at least one was 0, and none is any more: the kernel takes the capabilities with it. */
  readonly gaveUpRoot: boolean;
  /** A call that can change ids succeeded, whether or not one changed. */
  readonly called: boolean;
  /** Ids whose value at the start was learnt here. */
  readonly learnt: boolean;
}

type Family = 'uid' | 'gid';
const REAL: Record<Family, Id> = { uid: 'uid', gid: 'gid' };
const EFFECTIVE: Record<Family, Id> = { uid: 'euid', gid: 'egid' };
const SAVED: Record<Family, Id> = { uid: 'suid', gid: 'sgid' };
const FILESYSTEM: Record<Family, Id> = { uid: 'fsuid', gid: 'fsgid' };

type Call =
  | { readonly what: 'get'; readonly id: Id }
  | { readonly what: 'set' | 'setre' | 'setres' | 'setfs'; readonly family: Family };

/** x86-64 syscall numbers. */
const CALLS: ReadonlyMap<number, Call> = new Map<number, Call>([
  [102, { what: 'get', id: 'uid' }],
  [104, { what: 'get', id: 'gid' }],
  [107, { what: 'get', id: 'euid' }],
  [108, { what: 'get', id: 'egid' }],
  [105, { what: 'set', family: 'uid' }],
  [106, { what: 'set', family: 'gid' }],
  [113, { what: 'setre', family: 'uid' }],
  [114, { what: 'setre', family: 'gid' }],
  [117, { what: 'setres', family: 'uid' }],
  [119, { what: 'setres', family: 'gid' }],
  [122, { what: 'setfs', family: 'uid' }],
  [123, { what: 'setfs', family: 'gid' }],
]);

/** Whether a syscall says anything about ids. */
export const isCredentialCall = (nr: number): boolean => nr >= 102 && nr <= 123 && CALLS.has(nr);

const UNCHANGED = { changed: false, gained: false, gaveUpRoot: false, called: false, learnt: false } as const;
/** -1 as an id: leave it. */
const LEAVE = 0xffff_ffff;

/**
 * What a syscall that returned did to the ids.
 *
 * @param args - its arguments, u64; ids are their low 32 bits
 * @param result - its return value
 */
export function applyCredentialCall(ids: Ids, nr: number, args: readonly bigint[], result: bigint): CredentialChange {
  const call = CALLS.get(nr);
  if (!call) return { ids, ...UNCHANGED };
  if (call.what === 'get') return learn(ids, call.id, result);
  if (call.what === 'setfs') return setFilesystem(ids, call.family, idOf(args[0]), Number(BigInt.asUintN(32, result)));
  if (result !== 0n) return { ids, ...UNCHANGED };
  const [first, second, third] = [idOf(args[0]), idOf(args[1]), idOf(args[2])];
  switch (call.what) {
    case 'set':
      return change(ids, setAll(ids, call.family, first));
    case 'setre':
      return change(ids, setRealEffective(ids, call.family, first, second));
    case 'setres':
      return change(ids, {
        ...given(REAL[call.family], first),
        ...given(EFFECTIVE[call.family], second),
        ...filesystemAfter(ids, call.family, second),
        ...given(SAVED[call.family], third),
      });
  }
}

const idOf = (value: bigint | undefined): number => Number(BigInt.asUintN(32, value ?? 0n));
const given = (id: Id, value: number): Partial<Record<Id, number>> => (value === LEAVE ? {} : { [id]: value });

/** setuid(2): all ids for a privileged caller, else the effective and filesystem ids. */
function setAll(ids: Ids, family: Family, value: number): Partial<Record<Id, number>> {
  const effective = { [EFFECTIVE[family]]: value, [FILESYSTEM[family]]: value };
  // CAP_SETUID is not in a trace; effective uid 0 stands for it.
  return ids.euid === 0 ? { [REAL[family]]: value, [SAVED[family]]: value, ...effective } : effective;
}

/** After setreuid and setresuid the filesystem id is the effective one, set or not. */
function filesystemAfter(ids: Ids, family: Family, effective: number): Partial<Record<Id, number>> {
  const value = effective === LEAVE ? ids[EFFECTIVE[family]] : effective;
  return value === undefined ? {} : { [FILESYSTEM[family]]: value };
}

/** setreuid(2): the saved id follows the effective one where the real one is set or the effective one leaves it. */
function setRealEffective(ids: Ids, family: Family, real: number, effective: number): Partial<Record<Id, number>> {
  const follows = real !== LEAVE || (effective !== LEAVE && effective !== ids[REAL[family]]);
  const saved = effective === LEAVE ? ids[EFFECTIVE[family]] : effective;
  return {
    ...given(REAL[family], real),
    ...given(EFFECTIVE[family], effective),
    ...filesystemAfter(ids, family, effective),
    ...(follows && saved !== undefined && { [SAVED[family]]: saved }),
  };
}

/** setfsuid(2) returns the id before, and never an error: whether it took effect shows only in the ids allowed. */
function setFilesystem(ids: Ids, family: Family, value: number, before: number): CredentialChange {
  const id = FILESYSTEM[family];
  const told = learn(ids, id, BigInt(before));
  const allowed =
    value !== LEAVE &&
    (ids.euid === 0 || [REAL, EFFECTIVE, SAVED].some((which) => ids[which[family]] === value) || before === value);
  if (!allowed) return told;
  const set = change(told.ids, { [id]: value });
  return { ...set, learnt: set.learnt || told.learnt };
}

function learn(ids: Ids, id: Id, value: bigint): CredentialChange {
  // An id that is not what it was taken for was changed by what no trace shows: an exec that gained it, a namespace.
  if (value < 0n || ids[id] === Number(value)) return { ids, ...UNCHANGED };
  return { ids: { ...ids, [id]: Number(value) }, ...UNCHANGED, learnt: true };
}

const FAMILIES: Readonly<Record<Family, readonly Id[]>> = {
  uid: ['uid', 'euid', 'suid', 'fsuid'],
  gid: ['gid', 'egid', 'sgid', 'fsgid'],
};

/** Ids known of a family. Of root, whose group nothing has shown, the group is taken to be 0 too. */
function knownOf(ids: Ids, family: Family): readonly number[] {
  const known = FAMILIES[family].flatMap((id) => ids[id] ?? []);
  return family === 'gid' && known.length === 0 && ids.euid === 0 ? [0] : known;
}

function change(ids: Ids, to: Partial<Record<Id, number>>): CredentialChange {
  let [changed, gained, learnt] = [false, false, false];
  for (const [id, value] of Object.entries(to) as [Id, number][]) {
    const family: Family = FAMILIES.uid.includes(id) ? 'uid' : 'gid';
    const known = knownOf(ids, family);
    const before = ids[id];
    if (before === undefined) learnt = true;
    // From an unknown id, only a value other than every known one is known to be a change.
    const differs = before === undefined ? known.length > 0 && !known.includes(value) : before !== value;
    changed ||= differs;
    const held = [REAL, EFFECTIVE, SAVED].map((which) => ids[which[family]]);
    gained ||= differs && ids.euid !== 0 && ids.euid !== undefined && !held.includes(value);
  }
  const after = { ...ids, ...to };
  const gaveUpRoot = USER_IDS.some((id) => ids[id] === 0) && USER_IDS.every((id) => (after[id] ?? 0) !== 0);
  return { ids: after, changed, gained, gaveUpRoot, called: true, learnt };
}

const USER_IDS = ['uid', 'euid', 'suid'] as const;

/** Whether the ids alone make an exec one that the kernel calls secure: real and effective ones are known to differ. */
export const areApart = ({ uid, euid, gid, egid }: Ids): boolean =>
  (uid !== undefined && euid !== undefined && uid !== euid) ||
  (gid !== undefined && egid !== undefined && gid !== egid);

/**
 * The ids after an exec: the saved ones follow the effective ones.
 *
 * @param to - effective ids that the program brings; undefined: the same as before
 */
export function afterExec(ids: Ids, to: Pick<Ids, 'euid' | 'egid'> | undefined): Ids {
  const { uid, gid } = ids;
  const { euid, egid } = to ?? ids;
  return { uid, euid, suid: euid, fsuid: euid, gid, egid, sgid: egid, fsgid: egid };
}
