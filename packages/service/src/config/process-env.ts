/** Where settings come from unless a program says otherwise. */
export const processEnv: NodeJS.ProcessEnv = process.env;
