def test_in(school, chromium, script):
    s = school.screen(chromium, "office", script).sign_in()
    print(s.text())
    s.open("/pupil/new/")
    s.fill_in({"Surname": "Oakley", "Forename": "Robin", "Contacts": [{"Name": "A"}, {"Name": "B"}]}, on=__import__("datetime").date(2018,5,5))
    s.press("Save")
    print(s.text())
