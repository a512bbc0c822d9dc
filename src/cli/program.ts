import { Command } from 'commander';
import { declareAttack } from './commands/attack.ts';
import { declareAudit } from './commands/audit.ts';
import { declareCertificates } from './commands/certs.ts';
import { declareCompletion } from './commands/completion.ts';
import { declareConfig } from './commands/config.ts';
import { declareDown } from './commands/down.ts';
import { declareHarden } from './commands/harden.ts';
import { declareInit } from './commands/init.ts';
import { declareSecrets } from './commands/secrets.ts';
import { declareDoctor } from './commands/doctor.ts';
import { declareExec } from './commands/exec.ts';
import { declareLogs } from './commands/logs.ts';
import { declarePlan } from './commands/plan.ts';
import { declareRestart } from './commands/restart.ts';
import { declareStatus } from './commands/status.ts';
import { declareUp } from './commands/up.ts';
import { declareVerify } from './commands/verify.ts';
import { declareScore } from './commands/score.ts';
import { declareServices } from './commands/services.ts';
import { acceptGlobals, declareGlobals } from './globals.ts';
import { openInvocation, type Connect, type Handler, type Host } from './invocation.ts';

const footer = `
Exit codes:
  0 done, or nothing to do     1 failed, nothing changed    2 usage or invalid configuration
  3 differences (--check)      4 findings (--fail-on)       5 a conflict needs a decision
  6 failed, previous state restored   7 failed and not restored
  69 Docker unavailable  75 another run holds the lock  77 permission  130/143 stopped by a signal

Results go to stdout, everything else to stderr. With --json a failure prints nothing on stdout
and {"error":{"code","exitCode","problems"}} on stderr.
`;

/** Declares a command on its parent. */
export type Declare = (parent: Command, connect: Connect) => void;

const declarations = {
  init: declareInit,
  plan: declarePlan,
  up: declareUp,
  down: declareDown,
  restart: declareRestart,
  status: declareStatus,
  logs: declareLogs,
  exec: declareExec,
  doctor: declareDoctor,
  audit: declareAudit,
  score: declareScore,
  verify: declareVerify,
  attack: declareAttack,
  harden: declareHarden,
  services: declareServices,
  config: declareConfig,
  secrets: declareSecrets,
  certs: declareCertificates,
  completion: declareCompletion,
} satisfies Record<string, Declare>;

/**
 * The whole command line. Nothing of a command is loaded before it is called. Commander's own
 * refusals are thrown as its `CommanderError`, and are not printed.
 *
 * @param outcome gets the exit code that a command answers
 * @param first the first word: where it names a command, the others are not even declared
 */
export function createProgram(host: Host, outcome: { exitCode: number }, first?: string): Command {
  const { terminal } = host.world;
  const program = new Command('jacker')
    .description(
      'Generates a security-hardened Docker Compose platform, runs it, and proves that every hardening is in force.',
    )
    .usage('[options] <command>')
    .version(host.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand(false)
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: true, helpWidth: Math.min(terminal.columns, 100) })
    .configureOutput({
      writeOut: (text) => terminal.out(text),
      writeErr: (text) => terminal.err(text),
      outputError: () => undefined,
    })
    .exitOverride()
    .addHelpText('after', footer);
  declareGlobals(program);
  const connect: Connect = <Options>(command: Command, handler: Handler<Options>) => {
    command.action(async () => {
      outcome.exitCode =
        (await handler(openInvocation(host, command), command.opts() as Options)) ?? 0;
    });
  };
  // What completes words has to know all of them.
  const named = first !== undefined && Object.hasOwn(declarations, first) && first !== 'completion';
  const wanted = named
    ? [declarations[first as keyof typeof declarations]]
    : Object.values(declarations);
  for (const declare of wanted) declare(program, connect);
  for (const command of program.commands) prepare(command);
  return program;
}

function prepare(command: Command): void {
  acceptGlobals(command);
  command.helpOption('-h, --help', 'print help');
  // A group without a subcommand's name shows what there is to choose from.
  if (command.commands.length > 0) command.helpCommand(false).usage('[options] <command>');
  for (const child of command.commands) prepare(child);
}
