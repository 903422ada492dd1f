/** What belongs to a name, by its bytes: no string is made of it each time. */

const SLOTS = 256;
/** Names of events and kinds are shorter. */
const MOST_NAME_BYTES = 128;

/** Bytes `from` to `to` are the name; undefined where nothing belongs to it. */
export type FindByName<T> = (data: Uint8Array, from: number, to: number) => T | undefined;

/** @param lookUp - asked once a name, save where two share a slot: memory is bounded whatever the text names */
export function createNameFinder<T>(lookUp: (name: string) => T | undefined): FindByName<T> {
  const names: (Uint8Array | undefined)[] = new Array<undefined>(SLOTS).fill(undefined);
  const found: (T | undefined)[] = new Array<undefined>(SLOTS).fill(undefined);
  return (data, from, to) => {
    const length = to - from;
    if (length < 2 || length > MOST_NAME_BYTES) return undefined;
    // Names of one system differ at their ends; whether it is the name is looked at below.
    const slot = (data[to - 1] + 3 * data[to - 2] + 17 * data[from + (length >> 1)] + 7 * length) & (SLOTS - 1);
    const known = names[slot];
    if (known?.length === length) {
      let i = 0;
      while (i < length && known[i] === data[from + i]) i++;
      if (i === length) return found[slot];
    }
    const name = data.slice(from, to);
    names[slot] = name;
    return (found[slot] = lookUp(String.fromCharCode(...name)));
  };
}
