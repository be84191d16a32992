import '@preact/signals';
import { render } from 'preact';
import { App } from './app';
import { HolderApp } from './screens/me/me';
import './style/tokens.css';
import './style/page.css';
import './style/components.css';
import './style/phone.css';

render(location.pathname.endsWith('/me') ? <HolderApp /> : <App />, document.getElementById('app')!);
