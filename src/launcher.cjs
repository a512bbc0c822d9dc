/* ES5 on purpose: the oldest Node has to be able to read it, to hear that it is too old. */
'use strict';

var wanted = [22, 12];
var found = process.versions.node.split('.').map(Number);
if (found[0] < wanted[0] || (found[0] === wanted[0] && found[1] < wanted[1])) {
  process.stderr.write(
    'Jacker needs Node.js ' +
      wanted.join('.') +
      ' or newer; this is ' +
      process.versions.node +
      ' (' +
      process.execPath +
      ').\n',
  );
  process.exitCode = 2;
} else if (process.argv.length === 3 && /^(--version|-V)$/.test(process.argv[2])) {
  // Scripts ask for it often; the rest of the program need not be read to answer.
  process.stdout.on('error', function ignoreClosedPipe() {});
  process.stdout.write(require('../package.json').version + '\n');
} else {
  require('./main.cjs');
}
