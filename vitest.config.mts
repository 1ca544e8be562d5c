import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const stub = (name: string) => fileURLToPath(new URL(`labextension/stubs/${name}.ts`, import.meta.url));

export default defineConfig({
  resolve: {
    alias: { marked: stub('marked'), 'react-responsive-carousel': stub('carousel') }
  },
  test: {
    include: ['tests/labextension/**/*.test.{ts,tsx}'],
    environment: 'happy-dom',
    restoreMocks: true,
    css: true,
    server: { deps: { inline: ['@glideapps/glide-data-grid'] } }
  }
});
