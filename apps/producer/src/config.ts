import { defineConfig, queueFields } from '@sluice/service';

/** The settings of the shipped app that a program needs which only puts. */
export const shippedConfig = defineConfig(queueFields);
