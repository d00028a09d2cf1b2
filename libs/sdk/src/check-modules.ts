import { loadFunctions } from './project-functions';

/**
 * The program that loads the modules of a project's agents, apart from whoever asks: what they do
 * when they are loaded, such as ending their process, is theirs alone. It tells its parent what is
 * wrong.
 */
async function main(): Promise<void> {
  const { problems } = await loadFunctions(process.argv[2] ?? '.');
  // A module may have left a server or a timer behind: nobody waits for it.
  process.send?.(problems, () => process.exit());
}

void main();
