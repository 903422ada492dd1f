/** Text columns hold ids; the table holds each distinct text once. Names are untrusted: they are kept as they were recorded. */
export interface StringTable {
  /** The id of a text; 0 is the empty text. */
  intern(text: string): number;
  text(id: number): string;
  readonly size: number;
}

export function createStringTable(): StringTable {
  const texts: string[] = [''];
  const ids = new Map<string, number>([['', 0]]);
  return {
    intern(text) {
      let id = ids.get(text);
      if (id === undefined) {
        id = texts.length;
        texts.push(text);
        ids.set(text, id);
      }
      return id;
    },
    text: (id) => texts[id] ?? '',
    get size() {
      return texts.length;
    },
  };
}
