import type { CommanderError } from 'commander';
import { JackerError } from '../error.ts';

/** What commander refuses on the command line, as one of our own errors. */
export function usageError(error: CommanderError): JackerError {
  const message = error.message.replace(/^error: /, '');
  const [what = message, ...rest] = message.split('\n');
  const hint = rest.join(' ').replace(/^\(|\)$/g, '');
  return new JackerError('usage', {
    what,
    hint: hint === '' ? 'See jacker --help.' : hint,
  });
}
