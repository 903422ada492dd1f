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
  /** A known new id was none of the known real, effective and saved ids before. */
  readonly gained: boolean;
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

const UNCHANGED = { changed: false, gained: false, called: false, learnt: false } as const;
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
  if (value < 0n || ids[id] !== undefined) return { ids, ...UNCHANGED };
  return { ids: { ...ids, [id]: Number(value) }, ...UNCHANGED, learnt: true };
}

const FAMILIES: Readonly<Record<Family, readonly Id[]>> = {
  uid: ['uid', 'euid', 'suid', 'fsuid'],
  gid: ['gid', 'egid', 'sgid', 'fsgid'],
};

function change(ids: Ids, to: Partial<Record<Id, number>>): CredentialChange {
  let [changed, gained, learnt] = [false, false, false];
  for (const [id, value] of Object.entries(to) as [Id, number][]) {
    const family: Family = FAMILIES.uid.includes(id) ? 'uid' : 'gid';
    const known = FAMILIES[family].flatMap((other) => ids[other] ?? []);
    const before = ids[id];
    if (before === undefined) learnt = true;
    // From an unknown id, only a value other than every known one is known to be a change.
    const differs = before === undefined ? known.length > 0 && !known.includes(value) : before !== value;
    changed ||= differs;
    const held = [REAL, EFFECTIVE, SAVED].map((which) => ids[which[family]]);
    gained ||= differs && !held.includes(value);
  }
  return { ids: { ...ids, ...to }, changed, gained, called: true, learnt };
}
