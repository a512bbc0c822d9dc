import { JackerError } from '../../src/error.ts';
import { nodeFileSystem } from '../../src/io/node-file-system.ts';

// Tries to read and to write as the user it was started as, and prints the errors.
const [toRead = '', toWrite = ''] = process.argv.slice(2);
const files = nodeFileSystem();
const acts = [() => files.read(toRead), () => files.write(toWrite, 'x', { mode: 0o600 })];
for (const act of acts) {
  try {
    await act();
    process.stdout.write('allowed\n');
  } catch (error) {
    if (!(error instanceof JackerError)) throw error;
    process.stdout.write(`${JSON.stringify({ code: error.code, problems: error.problems })}\n`);
  }
}
