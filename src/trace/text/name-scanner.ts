/** Names of a closed list, looked up by their bytes: no string is made of what is looked up. */
import { wordOf } from './scan.ts';

/** Letters, digits and `_`: what names in C are made of. */
export const isNameByte = (byte: number): boolean => NAME_BYTES[byte] === 1;

const NAME_BYTES: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  /\w/.test(String.fromCharCode(byte)) ? 1 : 0,
);

/** Reads names one after another. */
export class NameScanner {
  /** Behind the last name. */
  at = 0;
  readonly #slots: Int32Array;
  readonly #words: readonly Uint8Array[];

  /** @param words - names that are known, all different */
  constructor(words: readonly string[]) {
    this.#words = words.map(wordOf);
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(words.length * 4 + 1))).fill(-1);
    const mask = this.#slots.length - 1;
    this.#words.forEach((word, index) => {
      let hash = 0;
      for (const byte of word) hash = mixed(hash, byte);
      let slot = settled(hash) & mask;
      while (this.#slots[slot] >= 0) slot = (slot + 1) & mask;
      this.#slots[slot] = index;
    });
  }

  /** Reads the name that begins at `from`; its index among the known ones, -1 where it is none of them. */
  read(data: Uint8Array, from: number, to: number): number {
    let hash = 0;
    let at = from;
    for (; at < to && NAME_BYTES[data[at]] === 1; at++) hash = mixed(hash, data[at]);
    this.at = at;
    const mask = this.#slots.length - 1;
    for (let slot = settled(hash) & mask; this.#slots[slot] >= 0; slot = (slot + 1) & mask)
      if (isWord(this.#words[this.#slots[slot]], data, from, at)) return this.#slots[slot];
    return -1;
  }
}

const mixed = (hash: number, byte: number): number => (Math.imul(hash, 31) + byte) | 0;
const settled = (hash: number): number => hash ^ (hash >>> 15);

function isWord(word: Uint8Array, data: Uint8Array, from: number, to: number): boolean {
  if (word.length !== to - from) return false;
  for (let i = 0; i < word.length; i++) if (word[i] !== data[from + i]) return false;
  return true;
}
