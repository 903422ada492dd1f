/** Components of cycles, the same in every lane. */
export const COMPONENTS = ['cr3', 'refill', 'flush', 'shootdown', 'test', 'other'] as const;
export type Component = (typeof COMPONENTS)[number];
