import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import {
  createMessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-jsonrpc/node.js';

const server = createRequire(import.meta.url).resolve(
  'yaml-language-server/bin/yaml-language-server',
);

/** What an editor marks: the line begins at 0. */
export interface Mark {
  line: number;
  message: string;
}

/** An editor with one file open, as the YAML language server sees it. */
export interface Editor {
  /** What is marked in the text. */
  marks(text: string): Promise<Mark[]>;
  /** The keys that are offered at the end of a text, with what is shown beside each. */
  completions(text: string): Promise<Map<string, string>>;
  close(): Promise<void>;
}

/** Opens a file in the language server that editors use for YAML; nothing is asked of a network. */
export async function openEditor(path: string): Promise<Editor> {
  const child = spawn(process.execPath, [server, '--stdio'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const connection = createMessageConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  );
  const uri = pathToFileURL(path).href;
  const waiting = new Map<number, (marks: Mark[]) => void>();
  connection.onRequest('client/registerCapability', () => null);
  connection.onRequest('workspace/configuration', ({ items }: { items: unknown[] }) =>
    items.map(() => ({ schemaStore: { enable: false } })),
  );
  connection.onNotification(
    'textDocument/publishDiagnostics',
    (found: {
      version?: number;
      diagnostics: { message: string; range: { start: { line: number } } }[];
    }) => {
      const marks = found.diagnostics.map(({ message, range }) => ({
        line: range.start.line,
        message,
      }));
      waiting.get(found.version ?? version)?.(marks);
    },
  );
  connection.listen();
  let version = 0;
  await connection.sendRequest('initialize', {
    processId: process.pid,
    rootUri: null,
    capabilities: {},
  });
  await connection.sendNotification('initialized', {});
  const show = (text: string): Promise<void> => {
    version += 1;
    return version === 1
      ? connection.sendNotification('textDocument/didOpen', {
          textDocument: { uri, languageId: 'yaml', version, text },
        })
      : connection.sendNotification('textDocument/didChange', {
          textDocument: { uri, version },
          contentChanges: [{ text }],
        });
  };
  return {
    async marks(text) {
      const marks = new Promise<Mark[]>((resolve) => waiting.set(version + 1, resolve));
      await show(text);
      return marks;
    },
    async completions(text) {
      await show(text);
      const lines = text.split('\n');
      const { items } = await connection.sendRequest<{
        items: { label: string; documentation?: string | { value: string } }[];
      }>('textDocument/completion', {
        textDocument: { uri },
        position: { line: lines.length - 1, character: lines.at(-1)!.length },
      });
      return new Map(
        items.map(({ label, documentation = '' }) => [
          label,
          typeof documentation === 'string' ? documentation : documentation.value,
        ]),
      );
    },
    async close() {
      await connection.sendRequest('shutdown');
      await connection.sendNotification('exit');
      await ended;
      connection.dispose();
    },
  };
}
