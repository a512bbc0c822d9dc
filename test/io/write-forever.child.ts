import { nodeFileSystem } from '../../src/io/node-file-system.ts';

// Replaces a file by equally long content of one letter, then of another, until it is killed.
const [path = '', size = '0'] = process.argv.slice(2);
const files = nodeFileSystem();
for (let round = 0; ; round++) {
  const letter = round % 2 === 0 ? 'a' : 'b';
  await files.write(path, letter.repeat(Number(size)), { mode: 0o640 });
  if (round === 0) process.stdout.write('first\n');
}
