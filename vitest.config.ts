import { defineConfig } from 'vitest/config';

const engineTests = 'test/**/*.engine.test.ts';

export default defineConfig({
  test: {
    reporters: ['default', './test/reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [engineTests],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'engine',
          include: [engineTests],
          // One stack at a time: they share two cores and one engine.
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 1_800_000,
        },
      },
    ],
  },
});
