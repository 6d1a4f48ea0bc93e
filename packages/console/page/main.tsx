import { render } from 'preact';
import { App } from './app.tsx';
import { applyTheme, readTheme } from './shell/theme.ts';
import './styles/base.css';
import './styles/shell.css';
import './styles/tables.css';
import './styles/parts.css';
import './styles/pages.css';

applyTheme(readTheme());
const root = document.querySelector('#app');
if (root) {
  root.textContent = '';
  render(<App />, root);
}
