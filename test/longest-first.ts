import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Of the longest of their kind: begun last, they would run on alone after everything else. */
const longest =
  /\/(harden\.engine|platform\.engine|crash-|leaks|sign-in|oidc|init-killed|every-setting|audit-hostile|bad-input|contract)[\w.-]*\.ts$/;

/** Starts the files that take longest before the others, also where nothing was timed before. */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = (file: TestSpecification): number => (longest.test(file.moduleId) ? 0 : 1);
    return sorted.sort((a, b) => isLong(a) - isLong(b));
  }
}
