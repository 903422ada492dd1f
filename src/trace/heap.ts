/** A binary heap in an array: its first is before all others. */

/** Puts the first of a heap in its place, after it changed. */
export function sift<T>(heap: T[], before: (a: T, b: T) => boolean): void {
  for (let at = 0; ;) {
    const [left, right] = [2 * at + 1, 2 * at + 2];
    let least = at;
    if (left < heap.length && before(heap[left], heap[least])) least = left;
    if (right < heap.length && before(heap[right], heap[least])) least = right;
    if (least === at) return;
    [heap[at], heap[least]] = [heap[least], heap[at]];
    at = least;
  }
}
