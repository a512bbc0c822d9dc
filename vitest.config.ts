import { defineConfig } from 'vitest/config';
import LongestFirst from './test/longest-first.ts';

const engineTests = 'test/**/*.engine.test.ts';
/**
 * One takes the engine away from everything else that runs there; to the other's browser, each
 * network that another test makes is a change of its own, at which it breaks off what it does.
 */
const aloneTests = ['test/e2e/engine-restart.engine.test.ts', 'test/e2e/browser.engine.test.ts'];
/** Of an engine test: a stack starts. The testbed is there before the first one begins. */
const engineProject = {
  testTimeout: 600_000,
  hookTimeout: 600_000,
  globalSetup: 'test/testbed/global-setup.ts',
};

export default defineConfig({
  test: {
    reporters: ['default', './test/reporter.ts'],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [engineTests],
          testTimeout: 60_000,
          // One for each core of a small machine: vitest alone would leave one idle.
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'engine',
          include: [engineTests],
          exclude: aloneTests,
          // A stack that starts mostly waits: three at a time keep two cores busy.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
          ...engineProject,
        },
      },
      {
        test: {
          name: 'engine alone',
          include: aloneTests,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
          ...engineProject,
        },
      },
    ],
  },
});
