import { readFile, rename, writeFile } from 'node:fs/promises';

/** What must stay the same from one run to the next. */
export interface State {
  /** 0 until one has been chosen. */
  registryPort: number;
}

/** Reads the state; a missing or damaged file counts as a first run. */
export async function readState(file: string): Promise<State> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as State;
  } catch {
    return { registryPort: 0 };
  }
}

/** Replaces the state file in one step, so that a crash leaves the old or the new one. */
export async function writeState(file: string, state: State): Promise<void> {
  await writeFile(`${file}.new`, `${JSON.stringify(state, null, 2)}\n`);
  await rename(`${file}.new`, file);
}
