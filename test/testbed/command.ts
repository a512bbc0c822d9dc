import { spawn } from 'node:child_process';

/** What a finished command left behind. */
export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

export interface CommandOptions {
  cwd?: string;
  env?: Record<string, string | undefined>;
  timeoutMs?: number;
}

/** Runs one program with an argument list (never a shell) and reports its exit code. */
export async function tryCommand(
  argv: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const [program = '', ...args] = argv;
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.timeoutMs,
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', (error) => resolve({ code: 127, stdout, stderr: error.message }));
    child.on('close', (code) => resolve({ code: code ?? 1, stdout, stderr }));
  });
}

/**
 * Runs one program that has to succeed and returns what it printed.
 * `remedy` tells the reader of a failure what to do about it.
 */
export async function runCommand(
  argv: readonly string[],
  remedy: string,
  options: CommandOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await tryCommand(argv, options);
  if (code === 0) return stdout;
  const output = `${stdout}\n${stderr}`.trim().split('\n').slice(-25).join('\n  ');
  throw new Error(`testbed: "${argv.join(' ')}" failed (exit ${code}). ${remedy}\n  ${output}`);
}

/** Whether a program of this name can be found on the search path. */
export async function hasProgram(name: string, path = process.env['PATH'] ?? ''): Promise<boolean> {
  const { code } = await tryCommand(['which', name], { env: { PATH: path } });
  return code === 0;
}
