/**
 * The doubts of two results that are set against each other. One that both share is one variable, with the same value on both
 * sides, so it cancels in a difference; one that belongs to a recording is another variable for another recording.
 */
import { settingsOf, type Settings, type Variable } from '../cpu-model/intervals.ts';

/** What a variable is of: counts, or what is made of them. A name of one says nothing about the other. */
export type DoubtKind = 'counts' | 'prices';

export interface SideDoubt {
  readonly kind: DoubtKind;
  readonly variable: Variable;
  /** What it belongs to: the model, a recording, a host. It is the same doubt only within the same. */
  readonly belongsTo: string;
}

/** One side's variables by the names it knows them by, at the settings of both. */
export type SideSettings = Readonly<Record<DoubtKind, Settings>>;

export interface CommonDoubts {
  /** All variables of both sides; names of those that one side has to itself end in `(A)` or `(B)`. */
  readonly settings: Settings;
  readonly a: SideSettings;
  readonly b: SideSettings;
}

type Of = 'A' | 'B' | 'both';

interface Placed {
  readonly doubt: SideDoubt;
  readonly of: Of;
}

/** What a doubt belongs to that every result has: a price, say. */
export const MODEL = 'model';

/** @param a - each name once a kind; first in the settings, in this order */
export function commonDoubts(a: readonly SideDoubt[], b: readonly SideDoubt[]): CommonDoubts {
  const shared = (doubt: SideDoubt, others: readonly SideDoubt[]): number =>
    others.findIndex((other) => isSame(other, doubt));
  const rest = b.filter((doubt) => shared(doubt, a) < 0);
  const all = [
    ...a.map((doubt): Placed => ({ doubt, of: shared(doubt, b) < 0 ? 'A' : 'both' })),
    ...rest.map((doubt): Placed => ({ doubt, of: 'B' })),
  ];
  const settings = settingsOf(named(all));
  const { variables } = settings;
  const view = (doubts: readonly SideDoubt[], kind: DoubtKind, place: (doubt: SideDoubt) => number): Settings => {
    const names = new Map(
      doubts
        .filter((doubt) => doubt.kind === kind)
        .map((doubt) => [doubt.variable.name, variables[place(doubt)].name] as const),
    );
    return { ...settings, values: (name) => settings.values(names.get(name) ?? name) };
  };
  const viewsOf = (doubts: readonly SideDoubt[], place: (doubt: SideDoubt) => number): SideSettings => ({
    counts: view(doubts, 'counts', place),
    prices: view(doubts, 'prices', place),
  });
  return {
    settings,
    a: viewsOf(a, (doubt) => a.indexOf(doubt)),
    b: viewsOf(b, (doubt) => (shared(doubt, a) < 0 ? a.length + rest.indexOf(doubt) : shared(doubt, a))),
  };
}

/** Another range is another doubt, whatever its name: a clock that was asked for, say. */
const isSame = (a: SideDoubt, b: SideDoubt): boolean =>
  a.kind === b.kind &&
  a.belongsTo === b.belongsTo &&
  a.variable.name === b.variable.name &&
  a.variable.low === b.variable.low &&
  a.variable.mid === b.variable.mid &&
  a.variable.high === b.variable.high;

/** The variables, each with a name of its own. Prices of another CPU have one already. */
function named(all: readonly Placed[]): readonly Variable[] {
  const times = new Map<string, number>();
  for (const { doubt } of all) times.set(doubt.variable.name, (times.get(doubt.variable.name) ?? 0) + 1);
  const taken = new Set<string>();
  return all.map(({ doubt: { variable, belongsTo }, of }) => {
    const isOwn = of !== 'both' && (belongsTo !== MODEL || times.get(variable.name)! > 1);
    let name = isOwn ? `${variable.name} (${of})` : variable.name;
    while (taken.has(name)) name += "'";
    taken.add(name);
    return { ...variable, name };
  });
}
