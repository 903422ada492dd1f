import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    env: { TZ: 'UTC', LC_ALL: 'C' },
    // By default one core is left alone, which on two is half of the machine.
    maxWorkers: '100%',
    testTimeout: 60_000,
  },
});
