import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Minutes each: begun last, they would run on alone after everything else. */
const longest = /\/(crash|reconcile-postgres|sign-in|containers)[\w-]*\.engine\.test\.ts$/;

/** Starts the files that take longest before the others, also where nothing was timed before. */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = (file: TestSpecification): number => (longest.test(file.moduleId) ? 0 : 1);
    return sorted.sort((a, b) => isLong(a) - isLong(b));
  }
}
