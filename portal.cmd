@echo off
rem The portal on Windows: "portal" alone starts it, "portal check", "portal backup" ... are its commands.
rem The first time it installs what it needs (Python 3.11 or newer from python.org must be there).
cd /d "%~dp0"
if not exist .venv\Scripts\python.exe py -3 -m venv .venv
if not exist .venv\Scripts\python.exe echo Python 3.11 or newer is needed: get it from python.org, then start this again.
if not exist .venv\Scripts\python.exe pause
if not exist .venv\Scripts\python.exe exit /b 1
if not exist .venv\installed echo Installing the packages of the portal (once, some minutes) ...
if not exist .venv\installed .venv\Scripts\python -m pip install --quiet --disable-pip-version-check -r requirements.txt && echo yes>.venv\installed
if not exist .venv\installed pause
if not exist .venv\installed exit /b 1
if not "%~1"=="" .venv\Scripts\python commands.py %*
if not "%~1"=="" exit /b %ERRORLEVEL%
.venv\Scripts\python commands.py run
pause
