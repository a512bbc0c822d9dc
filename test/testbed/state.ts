import { readFile, rename, writeFile } from 'node:fs/promises';

/** What must stay the same from one run to the next. */
export interface State {
  registryPort: number;
  /** Reference in the registry -> content hash of the recipe it was built from. */
  images: Record<string, string>;
}

/** Reads the state; a missing or damaged file counts as a first run. */
export async function readState(file: string): Promise<State> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as State;
  } catch {
    return { registryPort: 0, images: {} };
  }
}

/** Replaces the state file in one step, so that a crash leaves the old or the new one. */
export async function writeState(file: string, state: State): Promise<void> {
  await writeFile(`${file}.new`, `${JSON.stringify(state, null, 2)}\n`);
  await rename(`${file}.new`, file);
}
