import { config } from 'zod/mini';

/**
 * Imported before everything that makes a schema. One is used once or twice in a run: to make code
 * of it costs more than it saves, and a Node that forbids code from text can run the program.
 */
config({ jitless: true });
